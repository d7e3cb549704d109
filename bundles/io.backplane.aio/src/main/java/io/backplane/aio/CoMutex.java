package io.backplane.aio;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A mutex between coroutines of any contexts; it may be held over a suspension. Waiters get it in
 * FIFO order by hand-off: the next owner owns it before it runs.
 *
 * <pre>{@code try (CoMutex.Held held = mutex.awaitLock()) { ... }}</pre>
 */
public final class CoMutex implements Awaited {
    private static final int FREE = 0;
    private static final int OWNED = 1;
    private static final int CONTENDED = 2;

    /** The right to unlock. */
    public final class Held implements AutoCloseable {
        private Held() {
        }

        @Override
        @AnyThread
        public void close() {
            unlock();
        }
    }

    // Immutable
    private final Held held = new Held();
    private final String name;

    // Any thread
    private final AtomicInteger state = new AtomicInteger(FREE);

    // Written by who owns or hands over, read racily for diagnosis
    private Coroutine owner;

    // Any thread, under guard; never held over a suspension
    private final ShortLock guard = new ShortLock();
    private final ArrayDeque<Coroutine> waiters = new ArrayDeque<>();

    /** A free mutex. */
    @AnyThread
    public CoMutex() {
        this("CoMutex");
    }

    /** A free mutex that operators see as {@code name}. */
    @AnyThread
    public CoMutex(String name) {
        this.name = name;
    }

    /** Suspends until the caller owns the mutex. Not reentrant. */
    @Suspends
    @IoCode
    public Held awaitLock() {
        if (state.compareAndSet(FREE, OWNED) || !enqueue()) {
            owner = Coroutine.currentOrNull();
        } else {
            Coroutine.suspend(this); // who unlocks hands the ownership over
        }
        return held;
    }

    /** Takes the mutex if it is free; null if not. */
    @AnyThread
    public Held tryLock() {
        if (!state.compareAndSet(FREE, OWNED)) {
            return null;
        }
        owner = Coroutine.currentOrNull();
        return held;
    }

    /** Whether anybody owns it now. */
    @AnyThread
    public boolean isLocked() {
        return state.get() != FREE;
    }

    @Override
    public String describe() {
        return name;
    }

    @Override
    public List<Coroutine> blockers() {
        Coroutine now = owner;
        return now == null ? List.of() : List.of(now);
    }

    private boolean enqueue() {
        Coroutine self = Coroutine.current();
        guard.lock();
        try {
            for (;;) {
                if (state.compareAndSet(FREE, OWNED)) {
                    return false;
                }
                if (state.get() == CONTENDED || state.compareAndSet(OWNED, CONTENDED)) {
                    waiters.addLast(self);
                    return true;
                }
            }
        } finally {
            guard.unlock();
        }
    }

    void unlock() {
        owner = null;
        if (state.compareAndSet(OWNED, FREE)) {
            return;
        }
        Coroutine next;
        guard.lock();
        try {
            assert state.get() == CONTENDED : "unlock of a free CoMutex";
            next = waiters.pollFirst();
            owner = next;
            if (waiters.isEmpty()) {
                state.set(OWNED);
            }
        } finally {
            guard.unlock();
        }
        next.wake();
    }
}
