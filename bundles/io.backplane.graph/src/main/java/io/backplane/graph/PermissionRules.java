package io.backplane.graph;

import io.backplane.aio.GraphWrlock;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.Permissions;
import io.backplane.block.spi.ChildPermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Permissions of the graph: computed from the top down, checked for conflicts before anything
 * happens, then told to host files, which lock accordingly. Main, inside a write section.
 */
final class PermissionRules {
    private static final Logger LOG = LoggerFactory.getLogger(PermissionRules.class);
    private static final int WRITES =
            BlockPermission.WRITE.bit() | BlockPermission.WRITE_UNCHANGED.bit();

    /** A node whose parents want something else than before. */
    private record Changed(Node node, Permissions before, Permissions after) {
    }

    /**
     * Computes, checks and applies the permissions of {@code touched} nodes and all below.
     *
     * @throws BlockException if two users conflict or a host file cannot be locked; everything is
     *     as before then
     */
    @GraphWrlock
    void awaitUpdate(Collection<Node> touched) throws BlockException {
        List<Node> order = parentsFirst(touched);
        List<Changed> changes = new ArrayList<>();
        for (Node node : order) {
            for (Edge edge : node.parents) {
                Node parent = edge.parentNode();
                if (parent != null && !order.contains(parent)) {
                    edge.pending = childPermissions((NodeEdge) edge, parent.cumulative);
                }
            }
        }
        for (Node node : order) {
            checkConflicts(node);
            Permissions wanted = cumulative(node);
            if ((wanted.used() & WRITES) != 0 && node.readOnlyForParents()) {
                throw new BlockException(BlockException.Kind.PERMISSION,
                        "Block node is read-only: '" + node.name() + "'");
            }
            if (!wanted.equals(node.cumulative)) {
                changes.add(new Changed(node, node.cumulative, wanted));
            }
            for (NodeEdge edge : node.children) {
                edge.pending = childPermissions(edge, wanted);
            }
        }
        awaitTell(changes);
        for (Changed change : changes) {
            change.node.cumulative = change.after;
        }
        for (Node node : order) {
            for (Edge edge : node.parents) {
                edge.used = edge.pending.used();
                edge.shared = edge.pending.shared();
            }
        }
    }

    private void awaitTell(List<Changed> changes) throws BlockException {
        for (int i = 0; i < changes.size(); i++) {
            Changed change = changes.get(i);
            if (change.node.driverNode == null) {
                continue;
            }
            try {
                change.node.calls.awaitPermissionsChanged(change.after);
            } catch (BlockException e) {
                for (int k = i - 1; k >= 0; k--) {
                    awaitTakeBack(changes.get(k));
                }
                throw e;
            }
        }
    }

    private void awaitTakeBack(Changed change) {
        if (change.node.driverNode == null) {
            return;
        }
        try {
            change.node.calls.awaitPermissionsChanged(change.before);
        } catch (BlockException e) {
            LOG.error("{}: permissions could not be restored: {}", change.node, e.getMessage());
        }
    }

    private static Permissions childPermissions(NodeEdge edge, Permissions parents) {
        Node node = edge.parentNode();
        Permissions wanted = node.driverNode == null ? opening(edge, node)
                : node.driverNode.childPermissions(edge.name, edge.role, parents);
        return node.settings.forceShare() ? new Permissions(wanted.used(), Permissions.ALL)
                : wanted;
    }

    /** What a driver may do with its children while it opens. */
    private static Permissions opening(NodeEdge edge, Node node) {
        return switch (edge.role) {
            case IMAGE -> ChildPermissions.image(new Permissions(0, Permissions.ALL),
                    !node.settings.readOnly());
            case METADATA -> new Permissions(node.settings.readOnly() ? Permissions.READ
                    : Permissions.READ_WRITE | BlockPermission.RESIZE.bit(), Permissions.ALL);
            case DATA, BACKING, FILTERED -> new Permissions(Permissions.READ, Permissions.ALL);
        };
    }

    /** What all parents of a node want together. */
    static Permissions cumulative(Node node) {
        int used = 0;
        int shared = Permissions.ALL;
        for (Edge edge : node.parents) {
            used |= edge.pending.used();
            shared &= edge.pending.shared();
        }
        return new Permissions(used, shared);
    }

    private static void checkConflicts(Node node) throws BlockException {
        for (Edge user : node.parents) {
            for (Edge other : node.parents) {
                int missing = user.pending.used() & ~other.pending.shared();
                if (user != other && missing != 0) {
                    throw new BlockException(BlockException.Kind.PERMISSION,
                            conflict(node, user, other, missing));
                }
            }
        }
    }

    private static String conflict(Node node, Edge user, Edge other, int missing) {
        StringBuilder names = new StringBuilder();
        for (BlockPermission permission : BlockPermission.values()) {
            if ((missing & permission.bit()) != 0) {
                names.append(names.isEmpty() ? "" : ", ")
                        .append(permission.wireName().replace('-', ' '));
            }
        }
        return "Permission conflict on node '" + node.name() + "': permissions '" + names
                + "' are both required by " + user.user() + " (uses node '" + node.name()
                + "' as '" + user.name + "' child) and unshared by " + other.user()
                + " (uses node '" + node.name() + "' as '" + other.name + "' child).";
    }

    /** The nodes and all below, each after all its parents among them. */
    private static List<Node> parentsFirst(Collection<Node> touched) {
        Set<Node> done = new LinkedHashSet<>();
        List<Node> reversed = new ArrayList<>();
        for (Node node : touched) {
            visit(node, done, reversed);
        }
        return reversed.reversed();
    }

    private static void visit(Node node, Set<Node> done, List<Node> reversed) {
        if (done.add(node)) {
            for (NodeEdge edge : node.children) {
                visit(edge.child, done, reversed);
            }
            reversed.add(node);
        }
    }
}
