package io.backplane.loop;

import io.backplane.aio.BottomHalf;
import io.backplane.aio.Current;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;
import io.backplane.aio.PollingOptions;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A shipped {@link EventLoop} whose owner is an actor; only what it waits with is not the shipped
 * one: a wait is over when somebody has woken it, or when the others are through and nobody has.
 */
public final class LoopUnderStress {
    private final EventLoop loop = new EventLoop("L", false, PollingOptions.OFF, () -> false,
            System::nanoTime);
    private final ActorPoller poller = new ActorPoller();
    private BooleanSupplier othersDone;

    /** The end of a loop that sleeps for ever: what follows a wait must not happen. */
    @SuppressWarnings("serial")
    private static final class SleepsForEver extends RuntimeException {
        static final SleepsForEver INSTANCE = new SleepsForEver();

        private SleepsForEver() {
            super("nobody wakes it", null, false, false);
        }
    }

    private final class ActorPoller implements Poller, PollerFactory {
        private volatile boolean woken;

        @Override
        public String mechanism() {
            return "actor";
        }

        @Override
        public Poller open() {
            return this;
        }

        @Override
        public FdHandler watch(int fd, Runnable readable, Runnable writable) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int poll(long timeoutNs) {
            for (int spins = 1; timeoutNs != 0 && !woken; spins++) {
                if (othersDone.getAsBoolean() && !woken) {
                    throw SleepsForEver.INSTANCE;
                }
                Thread.onSpinWait();
                if (spins % 200 == 0) {
                    Thread.yield();
                }
            }
            woken = false;
            return 0;
        }

        @Override
        public boolean hasWork() {
            return woken;
        }

        @Override
        public void wake() {
            woken = true;
        }

        @Override
        public void close() {
            // nothing to free
        }
    }

    /** A bottom half of the loop. */
    public BottomHalf bottomHalf(Runnable body) {
        return loop.newBottomHalf("half", body);
    }

    /** Any thread. */
    public void schedule(Runnable callback) {
        loop.schedule(callback);
    }

    /** The caller is the owner until the others are through and the loop sleeps for ever. */
    public void run(BooleanSupplier through) {
        othersDone = through;
        loop.open(List.of(poller));
        try {
            while (true) {
                loop.turn();
            }
        } catch (SleepsForEver end) {
            Current.enterLoop(null);
        }
    }
}
