package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;

/**
 * Reads of one node: fits them to the driver's alignment and size limits, and reads zeroes beyond
 * the end.
 */
final class NodeReads {
    // Immutable
    private final Node node;

    NodeReads(Node node) {
        this.node = node;
    }

    void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        BlockLimits limits = node.limits;
        int align = limits.requestAlignment();
        if (align == 1) {
            readAligned(offset, bytes, iov, from);
            return;
        }
        long start = offset & -align;
        long end = offset + bytes + align - 1 & -align;
        TrackedRequest request = node.tracker.awaitBegin(start, end, false);
        try {
            if (((offset | bytes) & align - 1) == 0) {
                readAligned(offset, bytes, iov, from);
            } else {
                readBounced(offset, bytes, iov, from);
            }
        } finally {
            node.tracker.awaitEnd(request);
        }
    }

    /** Reads a range that respects the request alignment; zeroes beyond the end. */
    void readAligned(long offset, long bytes, IoVector iov, long from) throws BlockException {
        BlockLimits limits = node.limits;
        int align = limits.requestAlignment();
        long end = node.calls.length() + align - 1 & -align;
        long inside = bytes;
        if (offset + bytes > end) {
            inside = Math.max(0, end - offset);
            iov.fill(from + inside, bytes - inside, (byte) 0);
            if (inside == 0) {
                return;
            }
        }
        int memory = limits.memoryAlignment();
        if (memory > 1 && !iov.isAligned(from, inside, memory)) {
            readBounced(offset, inside, iov, from);
        } else if (Transfers.fits(limits, inside, iov)) {
            node.calls.preadv(offset, inside, iov, from, 0);
        } else {
            readSplit(offset, inside, iov, from);
        }
    }

    private void readSplit(long offset, long bytes, IoVector iov, long from)
            throws BlockException {
        for (long done = 0; done < bytes;) {
            long n = Transfers.next(node.limits, iov, from + done, bytes - done);
            if (n == 0) {
                n = Math.min(bytes - done, Transfers.BOUNCE_BYTES);
                readBounced(offset + done, n, iov, from + done);
            } else {
                node.calls.preadv(offset + done, n, iov, from + done, 0);
            }
            done += n;
        }
    }

    /** Reads through a buffer of our own, of any alignment. */
    private void readBounced(long offset, long bytes, IoVector iov, long from)
            throws BlockException {
        int align = node.limits.requestAlignment();
        long room = Transfers.bounceBytes(node.limits);
        long end = offset + bytes;
        for (long at = offset; at < end;) {
            long start = at & -align;
            long stop = Math.min(end + align - 1 & -align, start + room);
            try (BufferPool.Buffer buffer = node.graph.buffers.take(stop - start)) {
                readAligned(start, stop - start, buffer.vector(), 0);
                long n = Math.min(end, stop) - at;
                iov.copyFrom(from + (at - offset), buffer.segment(), at - start, n);
                at += n;
            }
        }
    }
}
