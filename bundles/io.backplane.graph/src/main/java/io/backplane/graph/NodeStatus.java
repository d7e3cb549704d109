package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockStatus;

/**
 * Block status of one node and everything below: data with a fixed place in a child is looked up
 * there for holes; what this layer has not comes from the backing file, one deeper.
 */
final class NodeStatus {
    // Immutable
    private final Node node;

    NodeStatus(Node node) {
        this.node = node;
    }

    BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        long length = node.length();
        if (offset >= length || bytes <= 0) {
            return new BlockStatus(0, false, false, true, false, -1, null, 0);
        }
        long wanted = Math.min(bytes, length - offset);
        BlockStatus own = ownStatus(offset, wanted);
        if (!own.allocated()) {
            return belowStatus(offset, own);
        }
        if (own.data() && own.hostOffset() >= 0 && !node.driverNode.hidesHolesBelow()) {
            return placedStatus(own);
        }
        return own;
    }

    /** What the driver says, asked on aligned borders inside its length. */
    private BlockStatus ownStatus(long offset, long bytes) throws BlockException {
        long length = node.calls.length();
        if (offset >= length) {
            return BlockStatus.zeroes(bytes);
        }
        int align = node.limits.requestAlignment();
        long start = offset & -align;
        long end = Math.min(offset + bytes + align - 1 & -align, length + align - 1 & -align);
        BlockStatus s = node.calls.blockStatus(start, end - start);
        assert s.bytes() > 0 && s.bytes() <= end - start
                : node + ": driver tells the status of " + s.bytes() + " bytes, asked "
                + (end - start);
        long skipped = offset - start;
        long host = s.hostOffset() < 0 ? -1 : s.hostOffset() + skipped;
        return new BlockStatus(Math.min(s.bytes() - skipped, bytes), s.allocated(), s.data(),
                s.zero(), s.compressed(), host, s.hostNode(), s.depth());
    }

    private BlockStatus belowStatus(long offset, BlockStatus own) throws BlockException {
        NodeEdge backing = node.edge("backing");
        if (backing == null) {
            return new BlockStatus(own.bytes(), false, own.data(), true, own.compressed(),
                    own.hostOffset(), own.hostNode(), own.depth());
        }
        long length = backing.length();
        if (offset >= length) {
            return new BlockStatus(own.bytes(), false, false, true, false, -1, null,
                    own.depth());
        }
        BlockStatus below = backing.blockStatus(offset, Math.min(own.bytes(), length - offset));
        return new BlockStatus(below.bytes(), below.allocated(), below.data(), below.zero(),
                below.compressed(), below.hostOffset(), below.hostNode(), below.depth() + 1);
    }

    private BlockStatus placedStatus(BlockStatus own) throws BlockException {
        NodeEdge place = null;
        for (int i = 0; i < node.children.size(); i++) {
            NodeEdge edge = node.children.get(i);
            if (edge.child.name().equals(own.hostNode())) {
                place = edge;
            }
        }
        if (place == null) {
            return own; // in this node, or already resolved by a filter
        }
        BlockStatus below = place.blockStatus(own.hostOffset(), own.bytes());
        if (below.bytes() == 0) {
            return new BlockStatus(own.bytes(), true, own.data(), true, false, own.hostOffset(),
                    own.hostNode(), own.depth());
        }
        return new BlockStatus(Math.min(own.bytes(), below.bytes()), true, own.data(),
                own.zero() || below.zero(), own.compressed(), own.hostOffset(), own.hostNode(),
                own.depth());
    }
}
