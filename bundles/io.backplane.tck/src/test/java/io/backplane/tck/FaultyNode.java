package io.backplane.tck;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.ChildPermissions;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.memory.IoVector;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** Passes every request on to its file; with a bug, not every one. */
final class FaultyNode implements DriverNode {
    enum Bug {
        NONE, LOST_WRITE_AT_ODD_OFFSET, FORGETS_FLUSH, IGNORES_FUA, SWALLOWS_ERRORS,
        DISCARDS_FOR_ZEROES, IO_IN_GRAPH_PHASE, LEAKS_ARENA, LEAKS_DESCRIPTOR, LEAKS_CLASS_LOADER,
        WRITES_AFTER_ANSWER
    }

    private static final BlockLimits LIMITS = BlockLimits.NONE.withFlags(RequestFlags.FUA,
            RequestFlags.FUA | RequestFlags.MAY_UNMAP | RequestFlags.NO_FALLBACK);
    private static final List<Object> LEAKED = new ArrayList<>();

    private final BlockChild file;
    private final Bug bug;

    FaultyNode(BlockChild file, Bug bug) {
        this.file = file;
        this.bug = bug;
        switch (bug) {
            case LEAKS_ARENA -> LEAKED.add(Arena.ofShared().allocate(4096));
            case LEAKS_DESCRIPTOR -> leakDescriptor();
            case LEAKS_CLASS_LOADER -> System.getProperties().put(this, this);
            default -> { }
        }
    }

    private static void leakDescriptor() {
        try {
            LEAKED.add(new FileInputStream("/dev/null"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public long length() {
        return file.length();
    }

    @Override
    public BlockLimits limits() {
        return LIMITS;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        file.preadv(offset, bytes, iov, from, flags);
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        if (bug == Bug.LOST_WRITE_AT_ODD_OFFSET && (offset & 1) != 0) {
            return;
        }
        int passed = bug == Bug.IGNORES_FUA ? flags & ~RequestFlags.FUA : flags;
        try {
            file.pwritev(offset, bytes, iov, from, passed);
        } catch (BlockException e) {
            if (bug != Bug.SWALLOWS_ERRORS) {
                throw e;
            }
        }
        if (bug == Bug.WRITES_AFTER_ANSWER) {
            AioContext.current().spawn(() -> flushLater());
        }
    }

    private void flushLater() {
        for (int i = 0; i < 10; i++) {
            Coroutine.awaitYield();
        }
        try {
            file.flush();
        } catch (BlockException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        if (bug == Bug.DISCARDS_FOR_ZEROES) {
            file.pdiscard(offset, bytes);
        } else {
            int passed = bug == Bug.IGNORES_FUA ? flags & ~RequestFlags.FUA : flags;
            file.pwriteZeroes(offset, bytes, passed);
        }
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        file.pdiscard(offset, bytes);
    }

    @Override
    public void flush() throws BlockException {
        if (bug != Bug.FORGETS_FLUSH) {
            file.flush();
        }
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        return file.blockStatus(offset, bytes);
    }

    @Override
    public void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        file.truncate(length, exact, preallocation, flags);
    }

    @Override
    public long allocatedBytes() throws BlockException {
        return file.allocatedBytes();
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        if (bug == Bug.IO_IN_GRAPH_PHASE && file != null) {
            try {
                file.flush();
            } catch (BlockException e) {
                throw new AssertionError(e);
            }
        }
        return ChildPermissions.data(parents);
    }

    @Override
    public ChildRole childRole(String childName) {
        return ChildRole.DATA;
    }

    @Override
    public void awaitShutdown() {
        // the graph has flushed
    }

    @Override
    public void close() {
        // nothing is held
    }
}
