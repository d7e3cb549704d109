package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.DetectZeroes;
import io.backplane.block.RequestFlags;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;

/**
 * Writes of one node: fits them to the driver's limits, reads, modifies and writes what is not
 * aligned, emulates FUA by a flush, and turns zeroes into write-zeroes if asked to.
 */
final class NodeWrites {


    // Immutable
    private final Node node;

    NodeWrites(Node node) {
        this.node = node;
    }

    void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        node.checkWritable();
        DetectZeroes detect = node.settings.detectZeroes();
        if (detect != DetectZeroes.OFF && iov.isZero(from, bytes)) {
            int unmap = detect == DetectZeroes.UNMAP ? RequestFlags.MAY_UNMAP : 0;
            node.zeroes.pwriteZeroes(offset, bytes, flags | unmap);
            return;
        }
        BlockLimits limits = node.limits;
        checkFlags(flags, limits.writeFlags());
        int align = limits.requestAlignment();
        if (align == 1) {
            assert (flags & RequestFlags.SERIALISING) == 0
                    : node + " tracks no requests, but one asks to be serialised";
            writeAligned(offset, bytes, iov, from, flags);
        } else {
            pwriteTracked(offset, bytes, iov, from, flags, align);
        }
        ended(offset + bytes, flags, limits.writeFlags());
    }

    private void pwriteTracked(long offset, long bytes, IoVector iov, long from, int flags,
            int align) throws BlockException {
        boolean unaligned = ((offset | bytes) & align - 1) != 0;
        boolean alone = unaligned || (flags & RequestFlags.SERIALISING) != 0;
        TrackedRequest request = node.tracker.awaitBegin(offset & -align,
                offset + bytes + align - 1 & -align, alone);
        try {
            if (unaligned) {
                writeBounced(offset, bytes, iov, from, flags);
            } else {
                writeAligned(offset, bytes, iov, from, flags);
            }
        } finally {
            node.tracker.awaitEnd(request);
        }
    }

    /** Refuses what changes the meaning of a write and the driver does not know. */
    private void checkFlags(int flags, int known) throws BlockException {
        if ((flags & RequestFlags.COMPRESSED & ~known) != 0) {
            throw new BlockException(BlockException.Kind.UNSUPPORTED,
                    "node '" + node.name() + "' does not support compressed writes");
        }
    }

    /** Writes inside a request that is already tracked, aligned or not; no FUA here. */
    void writeAny(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        if (((offset | bytes) & node.limits.requestAlignment() - 1) == 0) {
            writeAligned(offset, bytes, iov, from, flags);
        } else {
            writeBounced(offset, bytes, iov, from, flags);
        }
    }

    /** What follows each write: notes what a flush must cover, FUA, growth. */
    void ended(long end, int flags, int driverFlags) throws BlockException {
        boolean fua = (flags & RequestFlags.FUA) != 0;
        if (!fua || (driverFlags & RequestFlags.FUA) == 0) {
            node.flushes.written();
        }
        if (end > node.knownLength()) {
            node.lengthMayHaveChanged();
        }
        if (fua && (driverFlags & RequestFlags.FUA) == 0) {
            node.flushes.flush();
        }
    }

    /** Writes a range that respects the request alignment. */
    void writeAligned(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        BlockLimits limits = node.limits;
        int memory = limits.memoryAlignment();
        if (memory > 1 && !iov.isAligned(from, bytes, memory)) {
            writeBounced(offset, bytes, iov, from, flags);
        } else if (Transfers.fits(limits, bytes, iov)) {
            node.calls.pwritev(offset, bytes, iov, from, flags & limits.writeFlags());
        } else {
            writeSplit(offset, bytes, iov, from, flags & limits.writeFlags());
        }
    }

    private void writeSplit(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        for (long done = 0; done < bytes;) {
            long n = Transfers.next(node.limits, iov, from + done, bytes - done);
            if (n == 0) {
                n = Math.min(bytes - done, Transfers.BOUNCE_BYTES);
                writeBounced(offset + done, n, iov, from + done, flags);
            } else {
                node.calls.pwritev(offset + done, n, iov, from + done, flags);
            }
            done += n;
        }
    }

    /** Writes through a buffer of our own; what the buffer has beyond the range is read first. */
    private void writeBounced(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        int align = node.limits.requestAlignment();
        long room = Transfers.bounceBytes(node.limits);
        long end = offset + bytes;
        for (long at = offset; at < end;) {
            long start = at & -align;
            long stop = Math.min(end + align - 1 & -align, start + room);
            long n = Math.min(end, stop) - at;
            try (BufferPool.Buffer buffer = node.graph.buffers.take(stop - start)) {
                if (at != start) {
                    node.readBlock(start, align, buffer.vector(), 0);
                }
                if (at + n != stop && (at == start || stop - start > align)) {
                    node.readBlock(stop - align, align, buffer.vector(), stop - start - align);
                }
                iov.copyTo(from + (at - offset), buffer.segment(), at - start, n);
                writeAligned(start, stop - start, buffer.vector(), 0, flags);
            }
            at += n;
        }
    }
}
