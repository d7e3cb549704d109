package io.backplane.aio;

import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A readers-writer lock between coroutines of any contexts, fair in FIFO order: a reader that
 * comes after a waiting writer waits behind it. It may be held over a suspension.
 */
public final class CoRwLock {
    private record Ticket(Coroutine coroutine, boolean writer) {
    }

    /** The right to unlock one read or write lock. */
    @FunctionalInterface
    public interface Held extends AutoCloseable {
        @Override
        @AnyThread
        void close();
    }

    // Immutable
    private final Held readHeld = this::unlockRead;
    private final Held writeHeld = this::unlockWrite;

    // Any thread, under guard; never held over a suspension
    private final ReentrantLock guard = new ReentrantLock();
    private final ArrayDeque<Ticket> waiters = new ArrayDeque<>();
    private int readers;
    private boolean writer;

    /** Suspends until the caller may read. */
    @Suspends
    @IoCode
    public Held awaitRead() {
        acquire(false);
        return readHeld;
    }

    /** Suspends until the caller alone may write. */
    @Suspends
    @IoCode
    public Held awaitWrite() {
        acquire(true);
        return writeHeld;
    }

    /**
     * Exchanges a held read lock for the write lock; others may write in between, so what was read
     * must be read again. The read handle must not be closed any more.
     */
    @Suspends
    @IoCode
    public Held awaitUpgrade() {
        unlockRead();
        acquire(true);
        return writeHeld;
    }

    /** Turns the held write lock into a read lock with no writer in between. */
    @AnyThread
    public Held downgrade() {
        guard.lock();
        try {
            assert writer : "downgrade without the write lock";
            writer = false;
            readers++;
            grant();
        } finally {
            guard.unlock();
        }
        return readHeld;
    }

    private void acquire(boolean wantsWrite) {
        guard.lock();
        try {
            if (waiters.isEmpty() && !writer && (!wantsWrite || readers == 0)) {
                take(wantsWrite);
                return;
            }
            waiters.addLast(new Ticket(Coroutine.current(), wantsWrite));
        } finally {
            guard.unlock();
        }
        Coroutine.suspend();
    }

    private void take(boolean wantsWrite) {
        if (wantsWrite) {
            writer = true;
        } else {
            readers++;
        }
    }

    private void unlockRead() {
        guard.lock();
        try {
            assert readers > 0 : "read unlock without a lock";
            readers--;
            grant();
        } finally {
            guard.unlock();
        }
    }

    private void unlockWrite() {
        guard.lock();
        try {
            assert writer : "write unlock without the lock";
            writer = false;
            grant();
        } finally {
            guard.unlock();
        }
    }

    private void grant() {
        Ticket first;
        while ((first = waiters.peekFirst()) != null
                && !writer && (!first.writer || readers == 0)) {
            waiters.pollFirst();
            take(first.writer);
            first.coroutine.wake();
        }
    }
}
