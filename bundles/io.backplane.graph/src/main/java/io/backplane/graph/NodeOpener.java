package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.ImpliedChild;

/**
 * Makes nodes. Phases never mix: children are found or made and edges drawn (graph), the driver
 * opens (I/O), children that the image names are made and drawn (both again), permissions become
 * final (graph). What fails undoes everything before it, in reverse.
 */
final class NodeOpener {
    // Immutable
    private final Graph graph;

    NodeOpener(Graph graph) {
        this.graph = graph;
    }

    /**
     * Makes a node and what it defines inline.
     *
     * @param parent who defines it in its own options or image, or null
     * @param role what it is to that parent, or null
     */
    Node awaitOpen(BlockdevOptions options, Node parent, ChildRole role) throws BlockException {
        DriverSet.Entry entry = graph.drivers.require(options.driver());
        BlockDriver driver = entry.driver();
        checkOptions(driver, options);
        NodeSettings settings = NodeSettings.of(options, parent == null ? null : parent.settings,
                role);
        boolean named = options.nodeName() != null;
        if (named) {
            graph.nodes.check(options.nodeName());
        }
        Node node = new Node(graph, named ? options.nodeName() : graph.nodes.nextImplicit(), entry,
                options, settings);
        graph.nodes.add(node);
        graph.drains.added(node);
        boolean done = false;
        try {
            awaitFill(node, driver);
            checkStillThere(node);
            node.stage = Node.Stage.OPEN;
            done = true;
        } finally {
            if (!done) {
                graph.closer.awaitAbandon(node);
            }
            graph.drains.wait.kick(); // whoever removes the driver waits for the end
        }
        return node;
    }

    private void checkStillThere(Node node) throws BlockException {
        if (graph.drivers.find(node.driver) == null) {
            throw new BlockException(BlockException.Kind.NOT_FOUND,
                    "Driver '" + node.driver() + "' went away");
        }
    }

    private static void checkOptions(BlockDriver driver, BlockdevOptions options)
            throws BlockException {
        if (options.options() != null && !driver.optionsType().isInstance(options.options())) {
            throw new BlockException(BlockException.Kind.INVALID, "options of driver '"
                    + driver.name() + "' are a " + driver.optionsType().getName() + ", not a "
                    + options.options().getClass().getName());
        }
    }

    private void awaitFill(Node node, BlockDriver driver) throws BlockException {
        Record options = node.options.options();
        for (OptionChildren.Ref ref : OptionChildren.of(options)) {
            if (!ref.isNone()) {
                awaitAttach(node, ref, driver.childRole(ref.name(), options));
            }
        }
        applyAutoReadOnly(node);
        node.openRequest = new NodeOpenRequest(node, options, node.settings);
        DriverNode opened;
        try (Work _ = graph.awaitWork(node)) {
            opened = driver.awaitOpen(node.openRequest);
        }
        node.openRequest.settled();
        node.opened(opened);
        for (NodeEdge edge : node.children) {
            edge.role = opened.childRole(edge.name);
        }
        for (ImpliedChild implied : opened.impliedChildren()) {
            if (!isAnswered(node, implied.name()) && graph.imageFiles.wants(implied)) {
                awaitImplied(node, implied);
            }
        }
        try (GraphWriteSection _ = graph.lock.awaitWrite();
                GraphChange change = new GraphChange(graph)) {
            change.touch(node);
            change.awaitCommit();
        }
    }

    /** Whether the options already say what the child is, were it none. */
    static boolean isAnswered(Node node, String child) {
        return OptionChildren.of(node.options.options()).stream()
                .anyMatch(ref -> ref.name().equals(child));
    }

    /** A format on a file that could be opened for reading only follows it, if it may. */
    private static void applyAutoReadOnly(Node node) {
        NodeEdge storage = node.storage();
        if (storage != null && !node.settings.readOnly() && node.settings.autoReadOnly()
                && storage.child.readOnly()) {
            node.settings = node.settings.asReadOnly();
        }
    }

    NodeEdge awaitAttach(Node node, OptionChildren.Ref ref, ChildRole role)
            throws BlockException {
        Node child = awaitResolve(ref, node, role);
        boolean done = false;
        NodeEdge edge = new NodeEdge(node, ref.name(), role, Permissions.NONE);
        try (GraphWriteSection _ = graph.lock.awaitWrite();
                GraphChange change = new GraphChange(graph)) {
            if (role != ChildRole.BACKING && node.settings.autoReadOnly() && child.readOnly()) {
                node.settings = node.settings.asReadOnly();
            }
            if (ref.nodeName() != null && child.stage != Node.Stage.OPEN) {
                graph.nodes.require(ref.nodeName()); // gone while we waited
            }
            change.attach(edge, child);
            change.awaitCommit();
            done = true;
        } finally {
            if (!done) {
                graph.closer.awaitCloseUnused(child);
            }
        }
        return edge;
    }

    private Node awaitResolve(OptionChildren.Ref ref, Node parent, ChildRole role)
            throws BlockException {
        return ref.nodeName() != null ? graph.nodes.require(ref.nodeName())
                : awaitOpen(ref.inline(), parent, role);
    }

    /** A node by reference, for a parent that is no node. */
    Node awaitResolve(BlockdevRef ref) throws BlockException {
        return awaitResolve(OptionChildren.ref("root", ref), null, null);
    }

    private void awaitImplied(Node node, ImpliedChild implied) throws BlockException {
        Node child;
        try {
            child = graph.imageFiles.awaitOpenImplied(node, implied);
        } catch (BlockException e) {
            throw new BlockException(e.kind(), "Could not open " + implied.name() + " file: "
                    + e.getMessage(), e);
        }
        boolean done = false;
        NodeEdge edge = new NodeEdge(node, implied.name(), implied.role(), Permissions.NONE);
        try (GraphWriteSection _ = graph.lock.awaitWrite();
                GraphChange change = new GraphChange(graph)) {
            change.attach(edge, child);
            change.awaitCommit();
            done = true;
        } finally {
            if (!done) {
                graph.closer.awaitCloseUnused(child);
            }
        }
        node.driverNode.childAttached(edge);
    }
}
