package io.backplane.graph;

import io.backplane.block.backend.BlockDevOps;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whoever is attached to one backend. Who throws, hears and is asked nothing any more, and whoever
 * answers for it is told; everybody else goes on as if it had kept its contract. Main.
 */
final class Owners {
    private static final Logger LOG = LoggerFactory.getLogger(Owners.class);

    // Immutable
    private final Backend backend;
    private final Drains drains;

    // Global state
    private final List<BlockDevOps> all = new CopyOnWriteArrayList<>();
    private BiConsumer<? super BlockDevOps, ? super Throwable> faultListener;

    Owners(Backend backend, Drains drains) {
        this.backend = backend;
        this.drains = drains;
    }

    void faultListener(BiConsumer<? super BlockDevOps, ? super Throwable> listener) {
        faultListener = listener;
    }

    void add(BlockDevOps ops) {
        all.add(ops);
    }

    void remove(BlockDevOps ops) {
        all.remove(ops);
    }

    /** Gives all a notice. */
    void tell(Consumer<BlockDevOps> notice) {
        for (BlockDevOps ops : all) {
            tell(ops, notice);
        }
    }

    /** Gives one a notice, if it is attached. */
    void tell(BlockDevOps ops, Consumer<BlockDevOps> notice) {
        try {
            drains.callBack(() -> notice.accept(ops));
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError bug) {
            broken(ops, bug);
        }
    }

    /** Whether any says yes; who throws instead says {@code otherwise}. */
    boolean any(Predicate<BlockDevOps> question, boolean otherwise) {
        for (BlockDevOps ops : all) {
            boolean answer = otherwise;
            try {
                answer = question.test(ops);
            } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError bug) {
                broken(ops, bug);
            }
            if (answer) {
                return true;
            }
        }
        return false;
    }

    private void broken(BlockDevOps ops, Throwable bug) {
        if (!all.remove(ops)) {
            return;
        }
        LOG.error("bug: who is attached to {} fails", backend.user(), bug);
        backend.parkRequests(true); // it may not know that it is to stop
        if (faultListener != null) {
            faultListener.accept(ops, bug);
        }
    }
}
