package io.backplane.graph;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.spi.DriverTraits;

/**
 * Flushes of one node. At a protocol node a flush with nothing written since the last one returns
 * at once, and none is sent with {@code cache.no-flush}; formats always get theirs, because they
 * may hold metadata back.
 *
 * <p>A write sets {@code unstable} after it is done and before it returns; a flush clears it
 * before it starts. So whoever finds it clear and no flush running has nothing that is unstable.
 */
final class NodeFlushes {
    // Immutable
    private final Node node;
    private final CoMutex flushing = new CoMutex("the flush of a node");

    // Any thread
    private volatile boolean unstable;

    NodeFlushes(Node node) {
        this.node = node;
    }

    /** Something was written that the next flush must cover. */
    void written() {
        if (!unstable) {
            unstable = true;
        }
    }

    void flush() throws BlockException {
        if (node.traits() != DriverTraits.PROTOCOL) {
            node.calls.flush();
            return;
        }
        if (node.settings.noFlush()) {
            return;
        }
        if (!unstable && !flushing.isLocked() && !unstable) {
            return;
        }
        try (CoMutex.Held _ = flushing.awaitLock()) {
            if (!unstable) {
                return;
            }
            unstable = false;
            boolean done = false;
            try {
                node.calls.flush();
                done = true;
            } finally {
                if (!done) {
                    unstable = true;
                }
            }
        }
    }
}
