package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.graph.DrainedSection;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes nodes: flush and shutdown (I/O), edges off (graph), free. The name stays taken until the
 * node is closed, so who adds the same file again finds it free. What blockdev-add has made the
 * monitor owns, and it stays until blockdev-del; all others, such as children defined inline, go
 * with their last parent, whether they have a name or not.
 */
final class NodeCloser {
    private static final Logger LOG = LoggerFactory.getLogger(NodeCloser.class);

    // Immutable
    private final Graph graph;

    NodeCloser(Graph graph) {
        this.graph = graph;
    }

    /** blockdev-del. */
    void awaitDelete(String name) throws BlockException {
        Node node = graph.nodes.find(name);
        if (node == null) {
            throw new BlockException(BlockException.Kind.NOT_FOUND,
                    "Failed to find node with node-name='" + name + "'");
        }
        checkUnused(node);
        awaitClose(node);
    }

    private static void checkUnused(Node node) throws BlockException {
        for (Edge edge : node.parents) {
            if (edge.parentNode() == null) {
                throw new BlockException(BlockException.Kind.BUSY,
                        "Node " + node.name() + " is in use");
            }
        }
        if (!node.monitorOwned) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Node " + node.name() + " is not owned by the monitor");
        }
        for (Edge edge : node.parents) {
            if (edge.name.equals("backing")) {
                throw new BlockException(BlockException.Kind.BUSY, "Node '" + node.name()
                        + "' is busy: node is used as backing hd of '" + edge.parentName() + "'");
            }
            throw new BlockException(BlockException.Kind.BUSY,
                    "Block device " + node.name() + " is in use");
        }
    }

    /** Closes a node that has lost its last parent, unless the monitor owns it. */
    void awaitCloseUnused(Node node) {
        if (!node.monitorOwned && node.parents.isEmpty() && node.stage == Node.Stage.OPEN) {
            awaitClose(node);
        }
    }

    /** Closes a node without parents. */
    void awaitClose(Node node) {
        assert node.parents.isEmpty() : node + " closed while it has parents";
        node.stage = Node.Stage.CLOSING;
        try (DrainedSection _ = graph.drains.awaitBegin(node, "close of " + node);
                Work _ = graph.awaitWork(node)) {
            if (node.hold != null) {
                node.hold.discard();
            } else {
                awaitShutdown(node);
            }
            awaitTakeApart(node);
        }
    }

    private void awaitShutdown(Node node) {
        try {
            if (!node.openedReadOnly) {
                node.flushes.flush();
            }
        } catch (BlockException e) {
            LOG.error("{}: flush at close failed: {}", node, e.getMessage());
        }
        awaitShutdownHalf(node);
    }

    /** Whatever the driver does, the node goes. */
    private static void awaitShutdownHalf(Node node) {
        try {
            node.driverNode.awaitShutdown();
        } catch (BlockException e) {
            LOG.error("{}: close failed: {}", node, e.getMessage());
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            LOG.error("bug: shutdown of {}", node, e);
        }
    }

    private static void closeHalf(Node node) {
        try {
            node.driverNode.close();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            LOG.error("bug: close of {}", node, e);
        }
    }

    /** Undoes what there is of a node that failed to open. */
    void awaitAbandon(Node node) {
        if (node.driverNode != null) {
            awaitShutdownHalf(node);
        }
        awaitTakeApart(node);
    }

    private void awaitTakeApart(Node node) {
        List<Node> children = new ArrayList<>();
        node.stage = Node.Stage.CLOSING;
        try (GraphWriteSection _ = graph.lock.awaitWrite();
                GraphChange change = new GraphChange(graph)) {
            while (!node.children.isEmpty()) {
                NodeEdge edge = node.children.getLast();
                children.add(edge.child);
                change.detach(edge);
            }
            change.awaitCommit();
        } catch (BlockException e) {
            throw new IllegalStateException("taking a parent away made a conflict", e);
        }
        if (node.driverNode != null) {
            closeHalf(node);
        }
        node.closed();
        graph.nodes.remove(node);
        for (Node child : children) {
            awaitCloseUnused(child);
        }
    }

    /** Closes everything, users first. */
    void awaitCloseAll() {
        for (Backend backend : List.copyOf(graph.backendList())) {
            backend.awaitClose();
        }
        for (boolean progress = true; progress;) {
            progress = false;
            for (Node node : graph.nodes.open()) {
                if (node.stage == Node.Stage.OPEN && node.parents.isEmpty()) {
                    awaitClose(node);
                    progress = true;
                }
            }
        }
    }
}
