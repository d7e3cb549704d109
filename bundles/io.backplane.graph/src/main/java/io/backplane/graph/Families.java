package io.backplane.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which nodes have to be drained together: those above one another. Main. */
final class Families {
    private Families() {
    }

    /** Splits {@code nodes}; each part has its parents first, and none is above another part's. */
    static List<List<Node>> of(Collection<Node> nodes) {
        Set<Node> left = new LinkedHashSet<>(nodes);
        List<List<Node>> families = new ArrayList<>();
        while (!left.isEmpty()) {
            Set<Node> family = new LinkedHashSet<>();
            family.add(left.iterator().next());
            boolean grown = true;
            while (grown) {
                grown = false;
                for (Node node : left) {
                    if (!family.contains(node) && isKin(node, family)) {
                        grown |= family.add(node);
                    }
                }
            }
            left.removeAll(family);
            families.add(parentsFirst(family));
        }
        return families;
    }

    private static boolean isKin(Node node, Set<Node> family) {
        return family.stream().anyMatch(other -> GraphChange.reaches(node, other)
                || GraphChange.reaches(other, node));
    }

    /** The nodes, each after all its parents among them. */
    static List<Node> parentsFirst(Collection<Node> nodes) {
        List<Node> order = new ArrayList<>();
        for (Node node : nodes) {
            int at = 0;
            for (int i = 0; i < order.size(); i++) {
                if (GraphChange.reaches(order.get(i), node)) {
                    at = i + 1;
                }
            }
            order.add(at, node);
        }
        return order;
    }

    /** Splits {@code nodes} into parts with nothing above or below in common. */
    static List<List<Node>> parts(Collection<Node> nodes) {
        Set<Node> left = new LinkedHashSet<>(nodes);
        List<List<Node>> parts = new ArrayList<>();
        while (!left.isEmpty()) {
            Set<Node> together = together(List.of(left.iterator().next()));
            parts.add(left.stream().filter(together::contains).toList());
            left.removeAll(together);
        }
        return parts;
    }

    /** The nodes and all that hang together with them. */
    static Set<Node> together(Collection<Node> nodes) {
        Set<Node> all = new LinkedHashSet<>();
        nodes.forEach(node -> addTogether(node, all));
        return all;
    }

    private static void addTogether(Node node, Set<Node> all) {
        if (!all.add(node)) {
            return;
        }
        for (Edge edge : node.parents) {
            if (edge.parentNode() != null) {
                addTogether(edge.parentNode(), all);
            }
        }
        for (NodeEdge edge : node.children) {
            addTogether(edge.child, all);
        }
    }

    /** The nodes and all nodes above. */
    static Set<Node> withAncestors(Collection<Node> nodes) {
        Set<Node> all = new LinkedHashSet<>();
        nodes.forEach(node -> addAncestors(node, all));
        return all;
    }

    private static void addAncestors(Node node, Set<Node> all) {
        if (all.add(node)) {
            for (Edge edge : node.parents) {
                if (edge.parentNode() != null) {
                    addAncestors(edge.parentNode(), all);
                }
            }
        }
    }
}
