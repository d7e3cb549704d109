package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.RequestFlags;
import io.backplane.memory.IoVector;

/**
 * Write-zeroes of one node: the aligned middle goes to the driver, edges and what the driver
 * cannot do are written as buffers of zeroes, a bounded piece at a time.
 */
final class NodeZeroes {
    // Immutable
    private final Node node;

    NodeZeroes(Node node) {
        this.node = node;
    }

    void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        node.checkWritable();
        int wanted = node.settings.unmap() ? flags : flags & ~RequestFlags.MAY_UNMAP;
        BlockLimits limits = node.limits;
        int align = limits.requestAlignment();
        if (align == 1) {
            zero(offset, bytes, wanted);
        } else {
            boolean unaligned = ((offset | bytes) & align - 1) != 0;
            boolean alone = unaligned || (flags & RequestFlags.SERIALISING) != 0;
            TrackedRequest request = node.tracker.awaitBegin(offset & -align,
                    offset + bytes + align - 1 & -align, alone);
            try {
                zero(offset, bytes, wanted);
            } finally {
                node.tracker.awaitEnd(request);
            }
        }
        node.writes.ended(offset + bytes, flags, limits.zeroFlags() & limits.writeFlags());
    }

    private void zero(long offset, long bytes, int flags) throws BlockException {
        BlockLimits limits = node.limits;
        long align = Math.max(limits.zeroesAlignment(), limits.requestAlignment());
        long end = offset + bytes;
        long middle = Math.ceilDiv(offset, align) * align;
        long middleEnd = end / align * align;
        if (middle >= middleEnd) {
            writeZeroes(offset, bytes, flags);
            return;
        }
        if (middle > offset) {
            writeZeroes(offset, middle - offset, flags);
        }
        zeroAligned(middle, middleEnd, align, flags);
        if (end > middleEnd) {
            writeZeroes(middleEnd, end - middleEnd, flags);
        }
    }

    private void zeroAligned(long start, long end, long align, int flags) throws BlockException {
        BlockLimits limits = node.limits;
        long most = limits.maxZeroes() == 0 ? Long.MAX_VALUE
                : Math.max(align, limits.maxZeroes() / align * align);
        int driverFlags = flags & limits.zeroFlags();
        for (long at = start; at < end;) {
            long n = Math.min(end - at, most);
            try {
                node.calls.pwriteZeroes(at, n, driverFlags);
            } catch (BlockException e) {
                if (e.kind() != BlockException.Kind.UNSUPPORTED) {
                    throw e;
                }
                writeZeroes(at, n, flags);
            }
            at += n;
        }
    }

    private void writeZeroes(long offset, long bytes, int flags) throws BlockException {
        if ((flags & RequestFlags.NO_FALLBACK) != 0) {
            throw BlockException.NOT_SUPPORTED;
        }
        IoVector zeroes = node.graph.zeroes.vector();
        int writeFlags = flags & ~RequestFlags.MAY_UNMAP;
        long end = offset + bytes;
        for (long at = offset; at < end;) {
            long n = Math.min(end - at, zeroes.bytes());
            node.writes.writeAny(at, n, zeroes, 0, writeFlags);
            at += n;
        }
    }
}
