package io.backplane.driver.nullco;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.OpenRequest;
import io.backplane.block.spi.Reopen;
import io.backplane.memory.IoVector;

/** A null-co node; everything is immutable. */
final class NullCoNode implements DriverNode {
    private static final BlockLimits LIMITS = BlockLimits.NONE.withFlags(RequestFlags.FUA,
            RequestFlags.FUA | RequestFlags.MAY_UNMAP | RequestFlags.NO_FALLBACK);

    // Immutable
    private final String nodeName;
    private final long length;
    private final long latencyNs;
    private final boolean readZeroes;

    NullCoNode(String nodeName, long length, long latencyNs, boolean readZeroes) {
        this.nodeName = nodeName;
        this.length = length;
        this.latencyNs = latencyNs;
        this.readZeroes = readZeroes;
    }

    private void awaitLatency() {
        if (latencyNs > 0) {
            AioContext here = AioContext.current();
            try (AioTimer timer = here.newTimer("null-co latency", Coroutine.current()::wake)) {
                timer.armAt(here.nowNs() + latencyNs);
                Coroutine.suspend();
            }
        }
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public BlockLimits limits() {
        return LIMITS;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags) {
        if (readZeroes) {
            iov.fill(from, bytes, (byte) 0);
        }
        awaitLatency();
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags) {
        awaitLatency();
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) {
        awaitLatency();
    }

    @Override
    public void pdiscard(long offset, long bytes) {
        awaitLatency();
    }

    @Override
    public void flush() {
        awaitLatency();
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        return new BlockStatus(bytes, true, !readZeroes, readZeroes, false, offset, nodeName, 0);
    }

    @Override
    public void truncate(long newLength, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        throw new BlockException(BlockException.Kind.UNSUPPORTED,
                "Image format driver does not support resize");
    }

    @Override
    public long allocatedBytes() {
        return 0;
    }

    @Override
    public String filename() {
        return "null-co://";
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        throw new IllegalArgumentException("null-co has no child '" + childName + "'");
    }

    @Override
    public ChildRole childRole(String childName) {
        throw new IllegalArgumentException("null-co has no child '" + childName + "'");
    }

    @Override
    public Reopen awaitReopen(OpenRequest request) throws BlockException {
        return Reopen.NOTHING;
    }

    @Override
    public void awaitShutdown() {
        // nothing is held
    }

    @Override
    public void close() {
        // nothing is held
    }
}
