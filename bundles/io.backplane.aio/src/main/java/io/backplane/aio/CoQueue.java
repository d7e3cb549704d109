package io.backplane.aio;

import java.util.ArrayDeque;

/**
 * A condition queue of coroutines that belongs to one {@link CoMutex}. Every method needs the
 * mutex held by the caller.
 */
public final class CoQueue {
    // Immutable
    private final CoMutex mutex;

    // Under mutex
    private final ArrayDeque<Coroutine> waiters = new ArrayDeque<>();

    /** A queue whose state {@code mutex} guards. */
    public CoQueue(CoMutex mutex) {
        this.mutex = mutex;
    }

    /**
     * Releases the mutex, suspends until woken, and owns the mutex again when it returns. A wake
     * between the release and the suspension is not lost. The condition must be checked again.
     */
    @Suspends
    @IoCode
    public void awaitWake() {
        awaitWake(null);
    }

    /**
     * As {@link #awaitWake()}, and tells what the wait is for.
     *
     * @param reason what operators and the search for deadlocks see; null: nothing
     */
    @Suspends
    @IoCode
    public void awaitWake(Awaited reason) {
        assert mutex.isLocked() : "CoQueue without its lock";
        waiters.addLast(Coroutine.current());
        mutex.unlock();
        if (reason == null) {
            Coroutine.suspend();
        } else {
            Coroutine.suspend(reason);
        }
        mutex.awaitLock();
    }

    /** Wakes the one that waited longest; false if none waits. */
    @AnyThread
    public boolean wakeNext() {
        assert mutex.isLocked() : "CoQueue without its lock";
        Coroutine next = waiters.pollFirst();
        if (next == null) {
            return false;
        }
        next.wake();
        return true;
    }

    /** Wakes all that wait now. */
    @AnyThread
    public void wakeAll() {
        int count = waiters.size();
        for (int i = 0; i < count; i++) {
            wakeNext();
        }
    }

    /** Whether nobody waits. */
    @AnyThread
    public boolean isEmpty() {
        return waiters.isEmpty();
    }
}
