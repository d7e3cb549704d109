package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;

/** Discards of one node: dropped, or cut to the driver's alignment and passed on. */
final class NodeDiscards {
    // Immutable
    private final Node node;

    NodeDiscards(Node node) {
        this.node = node;
    }

    void pdiscard(long offset, long bytes) throws BlockException {
        node.checkWritable();
        if (!node.settings.unmap()) {
            return;
        }
        BlockLimits limits = node.limits;
        long align = Math.max(limits.discardAlignment(), limits.requestAlignment());
        long start = Math.ceilDiv(offset, align) * align;
        long end = Math.min(offset + bytes, node.length()) / align * align;
        if (start >= end) {
            return;
        }
        if (limits.requestAlignment() == 1) {
            discard(start, end, align);
            return;
        }
        TrackedRequest request = node.tracker.awaitBegin(start, end, false);
        try {
            discard(start, end, align);
        } finally {
            node.tracker.awaitEnd(request);
        }
    }

    private void discard(long start, long end, long align) throws BlockException {
        long max = node.limits.maxDiscard();
        long most = max == 0 ? Long.MAX_VALUE : Math.max(align, max / align * align);
        try {
            for (long at = start; at < end;) {
                long n = Math.min(end - at, most);
                node.calls.pdiscard(at, n);
                at += n;
            }
        } catch (BlockException e) {
            if (e.kind() != BlockException.Kind.UNSUPPORTED) {
                throw e;
            }
        } finally {
            node.flushes.written();
        }
    }
}
