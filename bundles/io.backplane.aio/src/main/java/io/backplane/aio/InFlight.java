package io.backplane.aio;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A count of work that somebody may wait for: requests, scheduled callbacks, users. Count before
 * the work can be seen, uncount after its last access.
 */
public final class InFlight {
    // Immutable
    private final AioWait wait;

    // Any thread
    private final AtomicInteger count = new AtomicInteger();

    /** A zero count whose falling to zero kicks {@code wait}. */
    public InFlight(AioWait wait) {
        this.wait = wait;
    }

    /** One more. */
    @AnyThread
    public void increment() {
        count.getAndIncrement();
    }

    /** One less; at zero the waiters look again. */
    @AnyThread
    public void decrement() {
        int left = count.decrementAndGet();
        assert left >= 0 : "in-flight count below zero";
        if (left == 0) {
            wait.kick();
        }
    }

    /** The count now. */
    @AnyThread
    public int count() {
        return count.get();
    }

    /** Suspends until the count is zero. */
    @Suspends
    @IoOrGlobalState
    public void awaitZero() {
        if (count.get() != 0) {
            wait.awaitWhile(() -> count.get() != 0);
        }
    }
}
