package io.backplane.control;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.AioWait;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.qmp.QmpException;
import io.backplane.schema.OptionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does again what was there before some bundles restarted. Those it needs may come in any order, or
 * later; so what fails is tried again, ever more slowly, until it is done or all of this ends. Main.
 */
final class UntilDone {
    private static final Logger LOG = LoggerFactory.getLogger(UntilDone.class);
    private static final long FIRST_NS = 20_000_000;
    private static final long LONGEST_NS = 1_000_000_000;

    /** What is to be done. */
    interface Attempt {
        @Suspends
        void awaitTry() throws QmpException, BlockException, OptionException;
    }

    // Immutable
    private final AioContext main;
    private final AioWait wait = new AioWait(null);

    // Global state
    private boolean ended;

    UntilDone(AioContext main) {
        this.main = main;
    }

    /** Nothing is tried again from now on. */
    void end() {
        ended = true;
        wait.kick();
    }

    /**
     * Tries until it works.
     *
     * @param what names it, for operators
     * @return whether it works; else this has ended
     */
    @Suspends
    boolean awaitDone(Object what, Attempt attempt) {
        String told = "";
        for (long pauseNs = FIRST_NS; !ended; pauseNs = Math.min(2 * pauseNs, LONGEST_NS)) {
            try {
                attempt.awaitTry();
                return true;
            } catch (QmpException | BlockException | OptionException e) {
                if (!ended && !told.equals(e.getMessage())) {
                    told = e.getMessage();
                    LOG.warn("{}: {}; it is tried again", what, told);
                }
            }
            awaitPause(pauseNs);
        }
        return false;
    }

    @Suspends
    private void awaitPause(long pauseNs) {
        boolean[] over = {false};
        try (AioTimer timer = main.newTimer("another attempt", () -> {
            over[0] = true;
            wait.kick();
        })) {
            timer.armAt(main.nowNs() + pauseNs);
            wait.awaitWhile(() -> !over[0] && !ended);
        }
    }
}
