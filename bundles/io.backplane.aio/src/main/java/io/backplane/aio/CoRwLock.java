package io.backplane.aio;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A readers-writer lock between coroutines of any contexts, fair in FIFO order: a reader that
 * comes after a waiting writer waits behind it. It may be held over a suspension.
 */
public final class CoRwLock implements Awaited {
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
    private final String name;
    private final Held readHeld = this::unlockRead;
    private final Held writeHeld = this::unlockWrite;

    // Any thread, under guard; never held over a suspension
    private final ShortLock guard = new ShortLock();
    private final ArrayDeque<Ticket> waiters = new ArrayDeque<>();
    private final List<Coroutine> owners = new ArrayList<>();
    private int readers;
    private boolean writer;

    /** A free lock. */
    @AnyThread
    public CoRwLock() {
        this("CoRwLock");
    }

    /** A free lock that operators see as {@code name}. */
    @AnyThread
    public CoRwLock(String name) {
        this.name = name;
    }

    @Override
    public String describe() {
        return name;
    }

    /** Who owns it; a reader behind a waiting writer waits for the readers before that too. */
    @Override
    public List<Coroutine> blockers() {
        guard.lock();
        try {
            return List.copyOf(owners);
        } finally {
            guard.unlock();
        }
    }

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
                take(wantsWrite, Coroutine.current());
                return;
            }
            waiters.addLast(new Ticket(Coroutine.current(), wantsWrite));
        } finally {
            guard.unlock();
        }
        Coroutine.suspend(this); // who unlocks hands it over
    }

    private void take(boolean wantsWrite, Coroutine owner) {
        owners.add(owner);
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
            disown();
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
            owners.clear();
            grant();
        } finally {
            guard.unlock();
        }
    }

    /** Another coroutine than the owner may unlock; then one is as good as the other. */
    private void disown() {
        if (!owners.remove(Coroutine.currentOrNull())) {
            owners.removeFirst();
        }
    }

    private void grant() {
        Ticket first;
        while ((first = waiters.peekFirst()) != null
                && !writer && (!first.writer || readers == 0)) {
            waiters.pollFirst();
            take(first.writer, first.coroutine);
            first.coroutine.wake();
        }
    }
}
