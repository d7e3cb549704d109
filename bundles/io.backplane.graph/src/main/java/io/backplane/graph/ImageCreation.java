package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.CreateRequest;
import io.backplane.memory.BufferPool;
import java.util.ArrayList;
import java.util.List;

/** One creation of an image: the nodes it opens are let go when it ends. */
final class ImageCreation implements CreateRequest {
    private static final Permissions NEEDED = new Permissions(
            Permissions.READ_WRITE | BlockPermission.RESIZE.bit(), Permissions.ALL);

    // Immutable
    private final Graph graph;
    private final BlockGraph.CreateProgress progress;

    // Global state
    private final List<NodeEdge> edges = new ArrayList<>();
    private final List<Work> works = new ArrayList<>();

    ImageCreation(Graph graph, BlockGraph.CreateProgress progress) {
        this.graph = graph;
        this.progress = progress;
    }

    void awaitRun(BlockDriver driver, Record options) throws BlockException {
        if (driver.createOptionsType() == null) {
            throw new BlockException(BlockException.Kind.UNSUPPORTED,
                    "Driver does not support blockdev-create");
        }
        if (!driver.createOptionsType().isInstance(options)) {
            throw new BlockException(BlockException.Kind.INVALID, "options to create with driver '"
                    + driver.name() + "' are a " + driver.createOptionsType().getName());
        }
        try {
            driver.awaitCreate(this, options);
        } finally {
            works.forEach(Work::close);
            for (NodeEdge edge : edges) {
                graph.awaitDetach(edge);
            }
        }
    }

    @Override
    public BlockChild awaitOpen(BlockdevRef ref) throws BlockException {
        Node node = graph.opener.awaitResolve(ref);
        NodeEdge edge = new NodeEdge(null, "root", ChildRole.IMAGE, NEEDED);
        graph.awaitAttachRoot(edge, node);
        edges.add(edge);
        works.add(graph.awaitWork(node));
        return edge;
    }

    @Override
    public BufferPool buffers() {
        return graph.buffers;
    }

    @Override
    public void progress(long done, long total) {
        if (progress != null) {
            progress.progress(done, total);
        }
    }
}
