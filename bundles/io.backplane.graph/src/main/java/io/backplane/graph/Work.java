package io.backplane.graph;

import java.util.List;

/**
 * An operation of main that uses drivers' halves without being a request: open, close, resize,
 * reopen. While it lasts none at or below its nodes is exchanged. Main.
 */
final class Work implements AutoCloseable {
    // Immutable
    private final Graph graph;
    private final List<Node> nodes;

    Work(Graph graph, List<Node> nodes) {
        this.graph = graph;
        this.nodes = nodes;
        nodes.forEach(node -> node.working++);
    }

    /** Whether there is such an operation on {@code node} or above. */
    static boolean isAbove(Node node) {
        if (node.working > 0) {
            return true;
        }
        for (Edge edge : node.parents) {
            Node parent = edge.parentNode();
            if (parent != null && isAbove(parent)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.working--);
        graph.drains.wait.kick();
    }
}
