package io.backplane.graph;

import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.ChildPermissions;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.HandOver;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.block.spi.OpenRequest;
import io.backplane.block.spi.Reopen;
import io.backplane.memory.IoVector;
import io.backplane.state.StateRecord;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node in memory. Checks that the graph keeps the driver's contract, notes what it is asked, and
 * holds requests back while told to.
 */
final class FakeNode implements DriverNode {
    static final int ROOM = 1 << 20;

    final FakeDriver driver;
    final OpenRequest request;
    volatile MemorySegment data = Arena.ofAuto().allocate(2 * ROOM, 4096);
    final List<String> calls = java.util.Collections.synchronizedList(new ArrayList<>());
    final List<Coroutine> held = new ArrayList<>();
    final AtomicInteger running = new AtomicInteger();
    volatile long length = ROOM;
    volatile boolean hold;
    /** Every request lets others run before it does its work. */
    volatile boolean yields;
    volatile boolean polls;
    volatile boolean lengthFails;
    /** What every request throws. */
    volatile Throwable bug;
    /** What it throws when it is shut down, closed or told of permissions. */
    volatile RuntimeException lifeBug;
    volatile boolean zeroesWork = true;
    volatile BlockException failFlush;
    BlockException failPermissions;
    Permissions told = Permissions.NONE;
    int begins;
    int ends;
    BlockChild attached;

    FakeNode(FakeDriver driver, OpenRequest request) {
        this.driver = driver;
        this.request = request;
    }

    private static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    private void enter(String call) {
        calls.add(call);
        if (bug != null) {
            if (bug instanceof StackOverflowError) {
                recurse(0);
            }
            FakeNode.<RuntimeException>sneak(bug);
        }
        running.incrementAndGet();
        if (mustHold()) {
            Coroutine.suspend();
        }
        if (yields) {
            Coroutine.awaitYield();
        }
    }

    /** Looks and joins in one step, so that {@link #release} misses nobody. */
    private boolean mustHold() {
        synchronized (held) {
            return hold && held.add(Coroutine.current());
        }
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> void sneak(Throwable t) throws X {
        throw (X) t;
    }

    private void leave() {
        running.decrementAndGet();
    }

    /** How many are held, and have come to rest. */
    int heldCount() {
        synchronized (held) {
            return (int) held.stream().filter(Coroutine::isSuspended).count();
        }
    }

    /** Lets everything go on and holds nothing more. */
    void release() {
        synchronized (held) {
            hold = false;
            held.forEach(Coroutine::wake);
            held.clear();
        }
    }

    private BlockChild file() {
        return request.child("file");
    }

    private void check(long offset, long bytes, IoVector iov, long from) {
        BlockLimits limits = driver.limits;
        int align = limits.requestAlignment();
        assert ((offset | bytes) & align - 1) == 0 : "unaligned " + offset + "+" + bytes;
        assert limits.maxTransfer() == 0 || bytes <= limits.maxTransfer() : "too long " + bytes;
        assert iov == null || limits.memoryAlignment() == 1
                || iov.isAligned(from, bytes, limits.memoryAlignment()) : "memory";
        assert iov == null || limits.maxSegments() == 0 || iov.count() <= limits.maxSegments()
                || bytes < iov.bytes() : "segments";
    }

    @Override
    public long length() {
        if (lengthFails) {
            throw new IllegalStateException("no length");
        }
        return file() == null ? length : file().length();
    }

    @Override
    public BlockLimits limits() {
        return driver.limits;
    }

    @Override
    public boolean readOnly() {
        return driver.readOnlyFile;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        check(offset, bytes, iov, from);
        enter("read " + offset + "+" + bytes);
        try {
            if (file() != null) {
                file().preadv(offset, bytes, iov, from, flags);
            } else {
                iov.copyFrom(from, data, offset, bytes);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        check(offset, bytes, iov, from);
        enter("write " + offset + "+" + bytes + (flags == 0 ? "" : " flags " + flags));
        try {
            if (file() != null) {
                file().pwritev(offset, bytes, iov, from, flags);
            } else {
                iov.copyTo(from, data, offset, bytes);
                length = Math.max(length, offset + bytes);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        check(offset, bytes, null, 0);
        if (!zeroesWork) {
            throw BlockException.NOT_SUPPORTED;
        }
        enter("zero " + offset + "+" + bytes + (flags == 0 ? "" : " flags " + flags));
        try {
            if (file() != null) {
                file().pwriteZeroes(offset, bytes, flags);
            } else {
                data.asSlice(offset, bytes).fill((byte) 0);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        check(offset, bytes, null, 0);
        enter("discard " + offset + "+" + bytes);
        leave();
    }

    @Override
    public void flush() throws BlockException {
        enter("flush");
        try {
            if (failFlush != null) {
                throw failFlush;
            }
            if (file() != null) {
                file().flush();
            }
        } finally {
            leave();
        }
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        if (driver.traits() == DriverTraits.FORMAT && attached != null) {
            return BlockStatus.unallocated(bytes);
        }
        return file() != null ? file().blockStatus(offset, bytes)
                : BlockStatus.dataAt(bytes, offset, request.nodeName());
    }

    @Override
    public void truncate(long newLength, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        enter("truncate " + newLength);
        try {
            if (file() != null) {
                file().truncate(newLength, exact, preallocation, flags);
            } else {
                length = newLength;
            }
        } finally {
            leave();
        }
    }

    @Override
    public long allocatedBytes() {
        return length;
    }

    @Override
    public String filename() {
        return request.options() instanceof FakeOptions o && o.filename() != null ? o.filename()
                : "";
    }

    @Override
    public List<ImpliedChild> impliedChildren() {
        return driver.implied;
    }

    @Override
    public void childAttached(BlockChild child) {
        attached = child;
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        return switch (role) {
            case IMAGE -> ChildPermissions.image(parents, !request.readOnly());
            case DATA, METADATA -> ChildPermissions.data(parents);
            case BACKING -> ChildPermissions.backing(parents);
            case FILTERED -> ChildPermissions.filter(parents);
        };
    }

    @Override
    public ChildRole childRole(String childName) {
        return driver.childRole(childName, request.options());
    }

    @Override
    public void awaitPermissionsChanged(Permissions parents) throws BlockException {
        failLife();
        if (driver.failPermissions != null) {
            throw driver.failPermissions;
        }
        if (failPermissions != null) {
            throw failPermissions;
        }
        told = parents;
    }

    @Override
    public Reopen awaitReopen(OpenRequest next) {
        calls.add("reopen");
        return new Reopen() {
            @Override
            public void commit() {
                calls.add("commit");
            }

            @Override
            public void rollBack() {
                calls.add("rollBack");
            }
        };
    }

    @Override
    public void drainedBegin() {
        begins++;
    }

    @Override
    public boolean drainedPoll() {
        return polls;
    }

    @Override
    public void drainedEnd() {
        ends++;
    }

    /** What lives on. */
    record Data(MemorySegment segment) implements AutoCloseable {
        @Override
        public void close() {
            segment.fill((byte) 0); // nobody shall use it
        }
    }

    @Override
    public StateRecord awaitFreeze() throws BlockException {
        enter("freeze");
        leave();
        if (driver.failFreeze != null) {
            throw new BlockException(BlockException.Kind.IO, driver.failFreeze);
        }
        assert running.get() == 0 : "freeze with requests in flight";
        return StateRecord.builder("fake", 1).number("length", length).build();
    }

    @Override
    public void handOver(HandOver to) {
        to.put("data", new Data(data));
    }

    @Override
    public void awaitShutdown() {
        assert running.get() == 0 : "shutdown with requests in flight";
        calls.add("shutdown");
        failLife();
    }

    @Override
    public void close() {
        calls.add("close");
        driver.closedCount++;
        failLife();
    }

    private void failLife() {
        if (lifeBug != null) {
            throw lifeBug;
        }
    }
}
