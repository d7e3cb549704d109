package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.aio.Coroutine;
import io.backplane.aio.IoCode;
import io.backplane.aio.Suspends;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Threads for system calls that block: grows to a limit while calls wait, and threads that were
 * idle for some seconds end. A call's coroutine suspends and continues in its own context.
 */
public final class BlockingPool implements AutoCloseable {
    /** One call; its owner may use it again when {@link #await} has returned. */
    public abstract static class Call {
        private Coroutine waiter;
        private Call next;
        private long result;
        private Throwable failure;

        /** For subclasses. */
        protected Call() {
        }

        /**
         * Does the work on a pool thread, which it may block.
         *
         * @param scratch native memory of that thread, {@link Iovecs#COUNT_MAX} iovecs long
         * @return what {@link #await} returns
         */
        @AnyThread
        protected abstract long run(MemorySegment scratch);
    }

    private static final long IDLE_NS = TimeUnit.SECONDS.toNanos(10);

    // Immutable
    private final String name;
    private final int threadsMax;

    // Any thread, under lock
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private Call first;
    private Call last;
    private int queuedCount;
    private int threadCount;
    private int idleCount;
    private long startedCount;
    private boolean closed;

    // Whoever awaits a call; only without threads
    private MemorySegment inlineScratch;

    /**
     * A pool without threads yet.
     *
     * @param threadsMax most threads; 0: calls run, and block, on the one thread that awaits them,
     *     for tools that wait for each call anyway
     */
    public BlockingPool(String name, int threadsMax) {
        this.name = name;
        this.threadsMax = threadsMax;
    }

    private static MemorySegment newScratch(Arena arena) {
        return arena.allocate((long) Iovecs.COUNT_MAX * Iovecs.ELEMENT_BYTES, 64);
    }

    /** Runs {@code call} on a pool thread and suspends until it is done; its result. */
    @Suspends
    @IoCode
    public long await(Call call) {
        if (threadsMax == 0) {
            if (inlineScratch == null) {
                inlineScratch = newScratch(Arena.ofAuto());
            }
            return call.run(inlineScratch);
        }
        call.waiter = Coroutine.current();
        enqueue(call);
        Coroutine.suspend();
        Throwable failure = call.failure;
        if (failure != null) {
            call.failure = null;
            throw failure instanceof RuntimeException e ? e
                    : new IllegalStateException("blocking call failed", failure);
        }
        return call.result;
    }

    private void enqueue(Call call) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("pool " + name + " is closed");
            }
            call.next = null;
            if (last == null) {
                first = call;
            } else {
                last.next = call;
            }
            last = call;
            queuedCount++;
            if (idleCount > 0) {
                work.signal();
            }
            if (queuedCount > idleCount && threadCount < threadsMax) {
                threadCount++;
                Thread thread = new Thread(this::serve, name + "-" + startedCount++);
                thread.setDaemon(true);
                thread.start();
            }
        } finally {
            lock.unlock();
        }
    }

    private void serve() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment scratch = newScratch(arena);
            Call call;
            while ((call = take()) != null) {
                try {
                    call.result = call.run(scratch);
                } catch (Throwable e) {
                    call.failure = e;
                }
                Coroutine waiter = call.waiter;
                call.waiter = null;
                waiter.wake();
            }
        }
    }

    private Call take() {
        lock.lock();
        try {
            long left = IDLE_NS;
            while (first == null) {
                if (closed || left <= 0) {
                    threadCount--;
                    return null;
                }
                idleCount++;
                try {
                    left = work.awaitNanos(left);
                } finally {
                    idleCount--;
                }
            }
            Call call = first;
            first = call.next;
            queuedCount--;
            if (first == null) {
                last = null;
            }
            return call;
        } catch (InterruptedException e) {
            threadCount--;
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Number of threads now. */
    @AnyThread
    public int threadCount() {
        lock.lock();
        try {
            return threadCount;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the threads when the calls that wait are done; later calls fail. */
    @Override
    @AnyThread
    public void close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
