package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.block.Permissions;
import io.backplane.block.graph.BlockNode;

/**
 * One use of a node by a parent. Owned by the graph: edited in main inside a {@link GraphChange}.
 *
 * <p>An edge that is in use is edited only while its parent is drained, so a request may follow
 * the edges of a node it is in flight on without any lock: what it reads here was written before
 * the drained section ended, and the end of the section is what let the request in.
 */
abstract class Edge {
    // Immutable
    final String name;

    // Global state; read by requests in flight on the parent
    Node child;
    int used;
    int shared;

    // Global state
    boolean quiescesParent;
    Permissions pending = Permissions.NONE;

    Edge(String name, Permissions permissions) {
        this.name = name;
        used = permissions.used();
        shared = permissions.shared();
        pending = permissions;
    }

    /** The parent if it is a node, else null. */
    abstract Node parentNode();

    /** The parent in error texts, such as {@code node 'x'}. */
    abstract String user();

    /** The name of the parent. */
    abstract String parentName();

    /** The child is drained: so must the parent be. */
    abstract void quiesceParent();

    /** Undoes one {@link #quiesceParent}. */
    abstract void resumeParent();

    /** Whether the parent has anything in flight. */
    abstract boolean parentBusy();

    /** The child's length may have changed. */
    abstract void childResized();

    /** Whether the parent may move. */
    abstract boolean allowsContext(AioContext target);

    /** Moves the parent itself, nothing else. */
    abstract void setParentContext(AioContext target);

    Permissions permissions() {
        return new Permissions(used, shared);
    }

    BlockNode.Edge describe() {
        return new BlockNode.Edge(parentName(), parentNode() != null, name, child.name(),
                permissions());
    }

    /** Hangs the edge on {@code node}; a drained child drains the parent from now on. */
    void link(Node node) {
        assert child == null : "edge is attached already";
        child = node;
        node.parents.add(this);
        if (node.quiesceCount() > 0) {
            quiescesParent = true;
            quiesceParent();
        }
    }

    /** Takes the edge off; what the child's drain did to the parent is undone. */
    void unlink() {
        Node node = child;
        node.parents.remove(this);
        child = null;
        if (quiescesParent) {
            quiescesParent = false;
            resumeParent();
        }
    }
}
