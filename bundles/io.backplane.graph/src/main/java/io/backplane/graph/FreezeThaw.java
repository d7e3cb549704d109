package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.HandOver;
import io.backplane.state.StateRecord;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the driver's half off a node and puts another on. The node is drained and stays so; the
 * graph lock is never held over either. Main.
 */
final class FreezeThaw {
    private static final Logger LOG = LoggerFactory.getLogger(FreezeThaw.class);

    // Immutable
    private final Graph graph;

    FreezeThaw(Graph graph) {
        this.graph = graph;
    }

    /** @throws BlockException the node goes on as it was */
    Frozen awaitFreeze(Node node) throws BlockException {
        StateRecord state;
        try {
            state = node.driverNode.awaitFreeze();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw bug(node, "freeze", e);
        }
        return awaitTakeOff(node, state);
    }

    /** Freezes a node whose driver goes away in any case. */
    Frozen awaitForce(Node node) {
        try {
            return awaitFreeze(node);
        } catch (BlockException e) {
            LOG.error("{}: freeze failed, what was not written yet is lost: {}", node,
                    e.getMessage());
            return awaitTakeOff(node, StateRecord.empty("none"));
        }
    }

    /** Takes off a half that is broken, without asking it for anything. */
    Frozen awaitAbandon(Node node) {
        return awaitTakeOff(node, StateRecord.empty("none"));
    }

    private Frozen awaitTakeOff(Node node, StateRecord state) {
        DriverNode old = node.driverNode;
        HandOver live = new HandOver();
        Frozen frozen = new Frozen(node, node.driver, node.version, node.options, node.length(),
                state, live);
        node.frozen();
        // queries of main that are inside the old half come out of it
        graph.drains.wait.awaitWhile(() -> node.inFlight.count() > 0);
        try {
            old.handOver(live);
            old.close();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            LOG.error("bug: {} does not let go", node, e);
        }
        return frozen;
    }

    /** @throws BlockException nothing has changed, and another may try */
    void awaitThaw(Frozen frozen, DriverSet.Entry by) throws BlockException {
        Node node = frozen.node();
        try {
            BlockdevOptions options = graph.retyping.of(frozen.options(), by.driver());
            NodeOpenRequest request = new NodeOpenRequest(node, options.options(), node.settings,
                    frozen.live());
            DriverNode opened = by.driver().awaitThaw(request, frozen.state());
            node.thawed(by, opened, options, request);
        } catch (BlockException e) {
            frozen.live().takeBack();
            throw e;
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            frozen.live().takeBack();
            throw bug(node, "thaw", e);
        }
        frozen.live().close();
    }

    private static BlockException bug(Node node, String what, Throwable e) {
        LOG.error("bug: {} of {}", what, node, e);
        return new BlockException(BlockException.Kind.IO, "Driver '" + node.driver()
                + "' failed to " + what + " node '" + node.name() + "': " + e, e);
    }

    /** Settles permissions of nodes that were thawed, and tells the new halves. */
    void awaitPermissions(Collection<Node> nodes) throws BlockException {
        try (GraphWriteSection _ = graph.lock.awaitWrite();
                GraphChange change = new GraphChange(graph)) {
            nodes.forEach(change::touch);
            change.awaitCommit();
            for (Node node : nodes) {
                node.calls.awaitPermissionsChanged(node.cumulative);
            }
        }
    }
}
