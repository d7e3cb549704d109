package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.Permissions;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.Reopen;
import java.util.ArrayList;
import java.util.List;

/**
 * blockdev-reopen: all named nodes change their options together, or none does. Drained first;
 * new children are found or made; drivers prepare (I/O); then edges, settings and drivers change in
 * one graph transaction.
 */
final class Reopening {
    /** One node on its way. */
    private static final class Step {
        final Node node;
        final BlockdevOptions options;
        final NodeSettings settings;
        final NodeOpenRequest request;
        final List<NodeEdge> dropped = new ArrayList<>();
        final List<Change> changes = new ArrayList<>();
        Reopen reopen;

        Step(Node node, BlockdevOptions options, NodeSettings settings) {
            this.node = node;
            this.options = options;
            this.settings = settings;
            request = new NodeOpenRequest(node, options.options(), settings);
            assert node.hold == null : "reopen of a held node";
        }
    }

    /** A child that comes ({@code before} null) or is exchanged. */
    private record Change(String name, ChildRole role, NodeEdge before, Node child) {
    }

    // Immutable
    private final Graph graph;

    Reopening(Graph graph) {
        this.graph = graph;
    }

    void awaitReopen(List<BlockdevOptions> all) throws BlockException {
        List<Step> steps = new ArrayList<>();
        for (BlockdevOptions options : all) {
            Step step = step(options);
            steps.add(step);
            addChildren(step, steps);
        }
        List<Node> nodes = steps.stream().map(s -> s.node).toList();
        try (DrainedSection _ = graph.drains.awaitBegin(nodes, "blockdev-reopen");
                Work _ = graph.awaitWork(nodes)) {
            for (Node node : nodes) {
                requireDriver(node);
            }
            awaitChange(steps);
        }
    }

    private Step step(BlockdevOptions options) throws BlockException {
        if (options.nodeName() == null) {
            throw new BlockException(BlockException.Kind.INVALID, "node-name not specified");
        }
        Node node = graph.nodes.find(options.nodeName());
        if (node == null) {
            throw new BlockException(BlockException.Kind.NOT_FOUND,
                    "Failed to find node with node-name='" + options.nodeName() + "'");
        }
        if (!node.driver().equals(options.driver())) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Cannot change the option 'driver'");
        }
        requireDriver(node);
        BlockdevOptions typed = graph.retyping.of(options, node.driver);
        return new Step(node, typed, NodeSettings.of(typed, null, null));
    }

    private static void requireDriver(Node node) throws BlockException {
        if (node.hold != null) {
            throw new BlockException(BlockException.Kind.BUSY, node.missingText());
        }
    }

    /** Children that the node defines itself follow in what they inherit. */
    private static void addChildren(Step step, List<Step> steps) throws BlockException {
        for (NodeEdge edge : step.node.children) {
            Node child = edge.child;
            if (child.options.nodeName() != null) {
                continue;
            }
            NodeSettings settings = NodeSettings.of(child.options, step.settings, edge.role);
            if (!settings.equals(child.settings)) {
                Step below = new Step(child, child.options, settings);
                steps.add(below);
                addChildren(below, steps);
            }
        }
    }

    private void awaitChange(List<Step> steps) throws BlockException {
        List<Node> unused = new ArrayList<>();
        boolean done = false;
        try {
            for (Step step : steps) {
                findChildren(step);
                step.reopen = step.node.driverNode.awaitReopen(step.request);
            }
            try (GraphWriteSection _ = graph.lock.awaitWrite();
                    GraphChange change = new GraphChange(graph)) {
                for (Step step : steps) {
                    step.changes.stream().filter(c -> c.before != null)
                            .forEach(c -> unused.add(c.before.child));
                    step.dropped.forEach(edge -> unused.add(edge.child));
                    apply(step, change);
                }
                change.awaitCommit();
                steps.forEach(step -> step.reopen.commit());
                steps.forEach(step -> step.request.settled());
                done = true;
            }
            steps.forEach(step -> step.node.refreshLimits());
        } finally {
            if (!done) {
                steps.stream().filter(s -> s.reopen != null).forEach(s -> s.reopen.rollBack());
            }
            unused.forEach(graph.closer::awaitCloseUnused);
        }
    }

    private void findChildren(Step step) throws BlockException {
        Node node = step.node;
        List<OptionChildren.Ref> before = OptionChildren.of(node.options.options());
        for (OptionChildren.Ref ref : OptionChildren.of(step.options.options())) {
            NodeEdge edge = node.edge(ref.name());
            if (before.contains(ref)) {
                continue; // as it was
            }
            if (ref.isNone()) {
                if (edge != null) {
                    step.dropped.add(edge);
                }
            } else if (ref.nodeName() != null) {
                Node child = graph.nodes.require(ref.nodeName());
                if (edge == null || edge.child != child) {
                    step.changes.add(new Change(ref.name(), node.driverNode.childRole(ref.name()),
                            edge, child));
                }
            } else {
                throw new BlockException(BlockException.Kind.INVALID, "Cannot change the option '"
                        + ref.name() + "': give the name of a node");
            }
        }
    }

    private void apply(Step step, GraphChange change) throws BlockException {
        Node node = step.node;
        for (Change c : step.changes) {
            if (c.before != null) {
                change.replace(c.before, c.child);
            } else {
                change.attach(new NodeEdge(node, c.name, c.role, Permissions.NONE), c.child);
            }
        }
        for (NodeEdge edge : step.dropped) {
            change.detach(edge);
        }
        NodeSettings before = node.settings;
        BlockdevOptions beforeOptions = node.options;
        boolean beforeReadOnly = node.openedReadOnly;
        change.apply(() -> {
            node.settings = step.settings;
            node.options = step.options;
            node.openedReadOnly = step.settings.readOnly();
        }, () -> {
            node.settings = before;
            node.options = beforeOptions;
            node.openedReadOnly = beforeReadOnly;
        });
        change.touch(node);
    }
}
