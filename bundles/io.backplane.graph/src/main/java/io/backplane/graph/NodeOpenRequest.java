package io.backplane.graph;

import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.HandOver;
import io.backplane.block.spi.NodeNotices;
import io.backplane.block.spi.OpenRequest;
import io.backplane.memory.BufferPool;

/** What a driver sees of the node it opens, thaws or reopens. */
final class NodeOpenRequest implements OpenRequest {
    // Immutable
    private final Node node;
    private final NodeSettings settings;

    // Global state
    private Record options;
    private HandOver handOver;

    NodeOpenRequest(Node node, Record options, NodeSettings settings) {
        this(node, options, settings, null);
    }

    NodeOpenRequest(Node node, Record options, NodeSettings settings, HandOver handOver) {
        this.node = node;
        this.options = options;
        this.settings = settings;
        this.handOver = handOver;
    }

    /** What it asked for holds: the node's options, which may be renewed, are its from now on. */
    void settled() {
        options = null;
        handOver = null;
    }

    @Override
    public Record options() {
        return options != null ? options : node.options.options();
    }

    @Override
    public HandOver handOver() {
        return handOver != null ? handOver : new HandOver();
    }

    @Override
    public String nodeName() {
        return node.name();
    }

    @Override
    public boolean readOnly() {
        return settings.readOnly();
    }

    @Override
    public boolean autoReadOnly() {
        return settings.autoReadOnly();
    }

    @Override
    public boolean direct() {
        return settings.direct();
    }

    @Override
    public boolean noFlush() {
        return settings.noFlush();
    }

    @Override
    public boolean unmap() {
        return settings.unmap();
    }

    @Override
    public boolean forceShare() {
        return settings.forceShare();
    }

    @Override
    public BlockChild child(String name) {
        return node.edge(name);
    }

    @Override
    public BufferPool buffers() {
        return node.graph.buffers;
    }

    @Override
    public NodeNotices notices() {
        return node;
    }
}
