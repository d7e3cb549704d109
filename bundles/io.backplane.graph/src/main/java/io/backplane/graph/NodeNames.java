package io.backplane.graph;

import io.backplane.block.BlockException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** All nodes by name, also those that are being opened or closed. Main. */
final class NodeNames {
    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z][A-Za-z0-9._-]*");
    private static final int MAX_LENGTH = 31;

    // Global state
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private long implicitCount;

    /** A name that users cannot type, for a node they did not name. */
    String nextImplicit() {
        return String.format("#block%03d", implicitCount++);
    }

    void check(String name) throws BlockException {
        if (!WELL_FORMED.matcher(name).matches()) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Invalid node-name: '" + name + "'");
        }
        if (name.length() > MAX_LENGTH) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Node name too long: '" + name + "'");
        }
        if (nodes.containsKey(name)) {
            throw new BlockException(BlockException.Kind.EXISTS,
                    "Duplicate nodes with node-name='" + name + "'");
        }
    }

    void add(Node node) {
        nodes.put(node.name(), node);
    }

    void remove(Node node) {
        nodes.remove(node.name());
    }

    /** The open node called so, or null. */
    Node find(String name) {
        Node node = nodes.get(name);
        return node == null || node.stage != Node.Stage.OPEN ? null : node;
    }

    /** The open node called so. */
    Node require(String name) throws BlockException {
        Node node = find(name);
        if (node == null) {
            throw new BlockException(BlockException.Kind.NOT_FOUND,
                    "Cannot find device='" + name + "' nor node-name='" + name + "'");
        }
        return node;
    }

    /** All open nodes. */
    List<Node> open() {
        return nodes.values().stream().filter(n -> n.stage == Node.Stage.OPEN).toList();
    }

    /** All nodes of any stage; a copy. */
    List<Node> all() {
        return new ArrayList<>(nodes.values());
    }
}
