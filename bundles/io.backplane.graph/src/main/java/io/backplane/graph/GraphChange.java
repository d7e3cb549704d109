package io.backplane.graph;

import io.backplane.aio.GraphWrlock;
import io.backplane.block.BlockException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A change of the graph as a transaction: edits take hold at once and are undone by
 * {@link #close} unless {@link #awaitCommit} came first. Main, inside a write section; parents that
 * are in use are drained before the section begins.
 */
final class GraphChange implements AutoCloseable {
    // Immutable
    private final Graph graph;

    // Global state
    private final ArrayDeque<Runnable> undo = new ArrayDeque<>();
    private final List<Runnable> onCommit = new ArrayList<>();
    private final Set<Node> touched = new LinkedHashSet<>();

    @GraphWrlock
    GraphChange(Graph graph) {
        assert graph.lock.isWriting() : "edit without the graph's write lock";
        this.graph = graph;
    }

    /** Hangs an unused edge on {@code child}. */
    @GraphWrlock
    void attach(Edge edge, Node child) throws BlockException {
        Node parent = edge.parentNode();
        if (parent != null && reaches(child, parent)) {
            throw new BlockException(BlockException.Kind.INVALID, "Making '" + child.name()
                    + "' a " + edge.name + " child of '" + parent.name()
                    + "' would create a cycle");
        }
        edge.link(child);
        if (parent != null) {
            parent.children.add((NodeEdge) edge);
        }
        touched.add(child);
        undo.push(() -> {
            edge.unlink();
            if (parent != null) {
                parent.children.remove(edge);
            }
        });
    }

    /** Takes an edge off its child. */
    @GraphWrlock
    void detach(Edge edge) {
        assertQuiet(edge);
        Node child = edge.child;
        Node parent = edge.parentNode();
        int index = parent == null ? -1 : parent.children.indexOf(edge);
        edge.unlink();
        if (parent != null) {
            parent.children.remove(edge);
        }
        touched.add(child);
        undo.push(() -> {
            edge.link(child);
            if (parent != null) {
                parent.children.add(index, (NodeEdge) edge);
            }
        });
    }

    /** Hangs an edge on another child. */
    @GraphWrlock
    void replace(Edge edge, Node child) throws BlockException {
        assertQuiet(edge);
        Node before = edge.child;
        Node parent = edge.parentNode();
        if (parent != null && reaches(child, parent)) {
            throw new BlockException(BlockException.Kind.INVALID, "Making '" + child.name()
                    + "' a " + edge.name + " child of '" + parent.name()
                    + "' would create a cycle");
        }
        move(edge, child);
        touched.add(before);
        touched.add(child);
        undo.push(() -> move(edge, before));
    }

    private static void move(Edge edge, Node child) {
        boolean held = edge.quiescesParent;
        if (held) {
            edge.quiesceParent(); // no gap in the parent's drain
        }
        edge.unlink();
        edge.link(child);
        if (held) {
            edge.resumeParent();
        }
    }

    /** Applies some other edit now, undone by {@code undoing}. */
    @GraphWrlock
    void apply(Runnable edit, Runnable undoing) {
        edit.run();
        undo.push(undoing);
    }

    /** The permissions of {@code node}'s children are computed again at commit. */
    void touch(Node node) {
        touched.add(node);
    }

    /** Run once the change holds. */
    void onCommit(Runnable action) {
        onCommit.add(action);
    }

    /**
     * Checks the permissions of everything touched, lets host files take their locks, and makes
     * the change final. Suspends for the locks only.
     *
     * @throws BlockException naming the two users in conflict; nothing has changed then, once the
     *     change is closed
     */
    @GraphWrlock
    void awaitCommit() throws BlockException {
        graph.permissions.awaitUpdate(touched);
        undo.clear();
        onCommit.forEach(Runnable::run);
    }

    @Override
    @GraphWrlock
    public void close() {
        while (!undo.isEmpty()) {
            undo.pop().run();
        }
    }

    private static void assertQuiet(Edge edge) {
        Node parent = edge.parentNode();
        assert parent == null || parent.stage != Node.Stage.OPEN || parent.quiesceCount() > 0
                : "edge '" + edge.name + "' of " + parent + " edited while not drained";
    }

    /** Whether {@code to} is {@code from} or below it. */
    static boolean reaches(Node from, Node to) {
        if (from == to) {
            return true;
        }
        for (NodeEdge edge : from.children) {
            if (reaches(edge.child, to)) {
                return true;
            }
        }
        return false;
    }
}
