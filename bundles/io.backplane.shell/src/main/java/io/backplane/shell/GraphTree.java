package io.backplane.shell;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The block graph, from the answer of x-debug-query-block-graph, drawn as one tree for each node
 * without parents. A node that was drawn before is named, but its children are not repeated.
 *
 * @param nodes by id
 */
record GraphTree(Map<Object, Node> nodes) {

    /** A node with its edges downwards. */
    private record Node(String name, String detail, List<Edge> children, Set<Object> parents) {
    }

    private record Edge(Object child, String name, List<?> permissions) {
    }

    /**
     * Reads the answer.
     *
     * @param details what to say of a node besides its name, by name
     * @param tops the same for what stands on top of nodes
     */
    static GraphTree of(Map<?, ?> graph, Map<String, String> details, Map<String, String> tops) {
        Map<Object, Node> nodes = new LinkedHashMap<>();
        for (Object each : (List<?>) graph.get("nodes")) {
            Map<?, ?> node = (Map<?, ?>) each;
            String name = String.valueOf(node.get("name"));
            String type = String.valueOf(node.get("type"));
            String detail = (type.equals("block-driver") ? details : tops)
                    .getOrDefault(name, "[" + type + "]");
            nodes.put(node.get("id"),
                    new Node(name, detail, new ArrayList<>(), new HashSet<>()));
        }
        for (Object each : (List<?>) graph.get("edges")) {
            Map<?, ?> edge = (Map<?, ?>) each;
            Object child = edge.get("child");
            nodes.get(edge.get("parent")).children().add(new Edge(child,
                    String.valueOf(edge.get("name")), (List<?>) edge.get("perm")));
            nodes.get(child).parents().add(edge.get("parent"));
        }
        return new GraphTree(nodes);
    }

    void print(PrintStream out) {
        Set<Object> drawn = new HashSet<>();
        nodes.forEach((id, node) -> {
            if (node.parents().isEmpty()) {
                out.println(title(node));
                printChildren(id, "", drawn, out);
            }
        });
    }

    private void printChildren(Object id, String indent, Set<Object> drawn, PrintStream out) {
        List<Edge> children = nodes.get(id).children();
        if (!drawn.add(id) && !children.isEmpty()) {
            out.println(indent + "`-- (as above)");
            return;
        }
        for (int i = 0; i < children.size(); i++) {
            Edge edge = children.get(i);
            boolean last = i == children.size() - 1;
            out.println(indent + (last ? "`-- " : "|-- ") + edge.name() + ": "
                    + title(nodes.get(edge.child())) + permissions(edge));
            printChildren(edge.child(), indent + (last ? "    " : "|   "), drawn, out);
        }
    }

    private static String title(Node node) {
        return (node.name().isEmpty() ? "(unnamed)" : node.name()) + " " + node.detail();
    }

    private static String permissions(Edge edge) {
        return edge.permissions() == null || edge.permissions().isEmpty() ? ""
                : " " + String.join(",", edge.permissions().stream()
                        .map(Object::toString).toList());
    }
}
