package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Preallocation;
import io.backplane.block.backend.BackendStats;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * A disk in memory, or one that stores nothing. It parks requests while it is held, and suspends
 * each request once if asked to.
 */
final class MemoryBackend implements BlockBackend {
    final AtomicInteger verbCount = new AtomicInteger();
    final AtomicInteger flushCount = new AtomicInteger();
    final InFlight inFlight = new InFlight(new AioWait(null));
    volatile int lastFlags;
    volatile boolean suspending;
    volatile boolean held;
    volatile BlockException failure;
    volatile boolean closed;
    volatile BiConsumer<? super BlockDevOps, ? super Throwable> ownerFaults;
    private final ArrayDeque<Coroutine> parked = new ArrayDeque<>();
    private final AioContext context;
    private final MemorySegment disk;
    private final boolean writable;
    private volatile long length;

    MemoryBackend(AioContext context, long length, boolean stores, boolean writable) {
        this.context = context;
        this.length = length;
        this.disk = stores ? java.lang.foreign.Arena.ofAuto().allocate(length, 4096) : null;
        this.writable = writable;
    }

    private void enter(int flags) throws BlockException {
        inFlight.increment();
        if (disk != null) {
            verbCount.incrementAndGet();
        }
        lastFlags = flags;
        if (mustPark()) {
            Coroutine.suspend();
        }
        if (suspending) {
            Coroutine.awaitYield();
        }
        BlockException fails = failure;
        if (fails != null) {
            inFlight.decrement();
            throw fails;
        }
    }

    /** Looks and joins in one step, so that {@link #release} misses nobody. */
    private boolean mustPark() {
        synchronized (parked) {
            return held && parked.add(Coroutine.current());
        }
    }

    /** Lets parked requests go on. */
    void release() {
        synchronized (parked) {
            held = false;
            while (!parked.isEmpty()) {
                parked.poll().wake();
            }
        }
    }

    /** Changes the length from outside. */
    void resize(long bytes) {
        length = bytes;
    }

    @Override
    public String name() {
        return "disk0";
    }

    @Override
    public String nodeName() {
        return "node0";
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public BlockLimits limits() {
        return BlockLimits.NONE;
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public boolean unmaps() {
        return true;
    }

    @Override
    public AioContext context() {
        return context;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        enter(flags);
        if (disk != null) {
            iov.copyFrom(from, disk, offset, bytes);
        }
        inFlight.decrement();
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        enter(flags);
        if (disk != null) {
            iov.copyTo(from, disk, offset, bytes);
        }
        inFlight.decrement();
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        enter(flags);
        if (disk != null) {
            disk.asSlice(offset, bytes).fill((byte) 0);
        }
        inFlight.decrement();
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        pwriteZeroes(offset, bytes, 0);
    }

    @Override
    public void flush() throws BlockException {
        enter(0);
        flushCount.incrementAndGet();
        inFlight.decrement();
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void truncate(long bytes, boolean exact, Preallocation preallocation) {
        length = bytes;
    }

    @Override
    public BackendStats stats() {
        return new BackendStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public void incrementInFlight() {
        inFlight.increment();
    }

    @Override
    public void decrementInFlight() {
        inFlight.decrement();
    }

    @Override
    public void parkRequests(boolean park) {
    }

    @Override
    public void ownerFaultListener(
            BiConsumer<? super BlockDevOps, ? super Throwable> listener) {
        ownerFaults = listener;
    }

    @Override
    public void retractRequests(boolean on) {
    }

    @Override
    public void awaitMoveTo(AioContext target) {
    }

    @Override
    public void awaitClose() {
        inFlight.awaitZero();
        closed = true;
    }
}
