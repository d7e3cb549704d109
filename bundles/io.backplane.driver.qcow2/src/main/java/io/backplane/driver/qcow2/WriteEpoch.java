package io.backplane.driver.qcow2;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps freed clusters from reuse while a write that looked them up before is still on its way.
 *
 * <p>A write in place enters before its lookup and exits after its I/O. {@link #turn} starts a new
 * epoch when nobody is left in the one before the current; whoever freed a cluster before a turn
 * may reuse it when {@link #isQuiet} holds after it.
 */
final class WriteEpoch {
    // Any thread
    private final AtomicInteger even = new AtomicInteger();
    private final AtomicInteger odd = new AtomicInteger();
    private volatile int epoch;

    /** Starts a write; gives what {@link #exit} takes. */
    int enter() {
        for (;;) {
            int seen = epoch;
            AtomicInteger inside = of(seen);
            inside.getAndIncrement();
            if (epoch == seen) {
                return seen;
            }
            inside.getAndDecrement();
        }
    }

    void exit(int entered) {
        of(entered).getAndDecrement();
    }

    /** Starts a new epoch if the old one before it has ended. Under the metadata lock. */
    boolean turn() {
        if (of(epoch + 1).get() != 0) {
            return false;
        }
        epoch++;
        return true;
    }

    /** Whether all writes that entered before the last turn have ended. */
    boolean isQuiet() {
        return of(epoch + 1).get() == 0;
    }

    private AtomicInteger of(int number) {
        return (number & 1) == 0 ? even : odd;
    }
}
