package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.graph.DrainedSection;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Moves a connected subgraph to another context as one transaction: each edge is visited once,
 * every parent is asked, and all or nothing moves, in a drained section that began outside the
 * graph lock.
 */
final class ContextMoves {
    /** Everything that hangs together. */
    private static final class Connected {
        final Set<Node> nodes = new LinkedHashSet<>();
        final Set<Edge> roots = new LinkedHashSet<>();

        void visit(Node node) {
            if (!nodes.add(node)) {
                return;
            }
            for (Edge edge : node.parents) {
                if (edge.parentNode() == null) {
                    roots.add(edge);
                } else {
                    visit(edge.parentNode());
                }
            }
            for (NodeEdge edge : node.children) {
                visit(edge.child);
            }
        }
    }

    // Immutable
    private final Graph graph;

    ContextMoves(Graph graph) {
        this.graph = graph;
    }

    /** Moves {@code mover} and all that hangs together with it. */
    void awaitMove(Backend mover, AioContext target) throws BlockException {
        ContextMoveEvent event = ContextMoveEvent.start();
        String from = mover.context().name();
        for (;;) {
            Connected seen = connected(mover);
            try (DrainedSection _ = graph.drains.awaitBegin(List.copyOf(seen.nodes),
                    "move of " + mover.user() + " to " + target.name());
                    GraphWriteSection _ = graph.lock.awaitWrite()) {
                Connected now = connected(mover);
                if (!now.nodes.equals(seen.nodes)) {
                    continue; // the graph changed while we drained
                }
                move(now, mover, target);
                if (event != null) {
                    event.end(mover.name(), from, target.name(), now.nodes.size());
                }
                return;
            }
        }
    }

    private static Connected connected(Backend mover) {
        Connected connected = new Connected();
        if (mover.child != null) {
            connected.visit(mover.child);
        }
        return connected;
    }

    private static void move(Connected connected, Backend mover, AioContext target)
            throws BlockException {
        List<Edge> moving = new ArrayList<>();
        for (Edge root : connected.roots) {
            if (root != mover && !root.allowsContext(target)) {
                throw new BlockException(BlockException.Kind.BUSY, "Cannot change iothread of"
                        + " active block backend: " + root.user() + " stays where it is");
            }
            moving.add(root);
        }
        connected.nodes.forEach(node -> node.setContext(target));
        moving.forEach(root -> root.setParentContext(target));
    }
}
