package io.backplane.graph;

import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.NodeNotices;
import io.backplane.block.spi.OpenRequest;
import io.backplane.memory.BufferPool;

/** What a driver sees of the node it opens or reopens. */
record NodeOpenRequest(Node node, Record options, NodeSettings settings) implements OpenRequest {

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
