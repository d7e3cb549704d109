package io.backplane.aio;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lock for a few instructions, during which nobody suspends. Who finds it taken spins.
 *
 * <p>The JDK's locks would suspend a coroutine that meets a holder in another context, and let
 * others of its own context in between, in the middle of what looks like one piece: the end of a
 * drain, the unlocking of a mutex. This one never lets go of the context. Not reentrant.
 */
public final class ShortLock {
    private final AtomicBoolean taken = new AtomicBoolean();

    /** A free lock. */
    @AnyThread
    public ShortLock() {
        // nothing but the flag
    }

    /** Takes it. */
    @AnyThread
    @NoSuspend
    public void lock() {
        while (!taken.compareAndSet(false, true)) {
            Thread.onSpinWait();
        }
    }

    /** Gives it back. */
    @AnyThread
    @NoSuspend
    public void unlock() {
        taken.set(false);
    }
}
