package io.backplane.graph;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.graph.DriverAbsence;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.spi.BlockDriver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes whose driver goes away, or is broken. They are frozen, and with them the nodes above, which may have
 * something to write only as long as what is below works. If another version is there they thaw
 * with it at once; else their requests wait for one, so long as the policy says, and then fail.
 * Whenever a driver comes, every node thaws whose driver and children are there.
 */
final class DriverHolds {
    private static final Logger LOG = LoggerFactory.getLogger(DriverHolds.class);

    /** How long what is inside a broken driver may take to come out. */
    private static final long QUIET_TIMEOUT_NS = 10_000_000_000L;

    // Immutable
    private final Graph graph;
    private final FreezeThaw freezeThaw;

    // Global state
    private MissingPolicy policy = MissingPolicy.DEFAULT;

    DriverHolds(Graph graph) {
        this.graph = graph;
        freezeThaw = graph.swaps.freezeThaw();
    }

    void setPolicy(MissingPolicy next) {
        policy = next;
    }

    // A driver goes

    /** Freezes all nodes of {@code driver}, which is not in the set any more. */
    void awaitRemoved(BlockDriver driver) {
        graph.drains.wait.awaitWhile(() -> graph.nodes.all().stream().anyMatch(
                node -> node.driver == driver && node.stage == Node.Stage.OPENING));
        try (CoMutex.Held _ = graph.exchange.awaitLock()) {
            List<Node> nodes = graph.nodes.open().stream()
                    .filter(node -> node.driver == driver).toList();
            Map<String, List<String>> missing = new TreeMap<>();
            for (List<Node> family : Families.of(nodes)) {
                for (Node node : awaitFreezeFamily(driver, family)) {
                    missing.computeIfAbsent(node.driver(), _ -> new ArrayList<>())
                            .add(node.name());
                }
            }
            for (Node node : graph.nodes.open()) {
                if (node.hold != null && node.hold.lost(driver)) {
                    missing.computeIfAbsent(node.driver(), _ -> new ArrayList<>())
                            .add(node.name());
                }
            }
            awaitHealLocked();
            missing.forEach((name, names) -> tellMissing(name, names.stream()
                    .filter(n -> graph.nodes.find(n) != null && graph.nodes.find(n).hold != null)
                    .toList()));
        }
    }

    private void tellMissing(String driver, List<String> nodes) {
        if (!nodes.isEmpty()) {
            LOG.warn("driver '{}' is missing: nodes {} {}", driver, nodes,
                    policy.hold() ? "wait up to " + policy.timeoutNs() / 1_000_000 + " ms"
                            : "fail");
            graph.listeners.driverMissing(new DriverAbsence(driver, nodes, policy.hold(),
                    policy.hold() ? policy.timeoutNs() : 0));
        }
    }

    /** Holds a family and what is above it; returns the nodes of the driver itself. */
    private List<Node> awaitFreezeFamily(BlockDriver driver, List<Node> family) {
        graph.swaps.awaitFlushAhead(family);
        long beganNs = graph.main.nowNs();
        List<Node> gone = new ArrayList<>();
        try (DrainedSection _ = graph.drains.awaitBegin(family, "loss of a driver")) {
            List<Node> all = Families.parentsFirst(Families.withAncestors(family));
            graph.drains.wait.awaitWhile(() -> all.stream()
                    .anyMatch(node -> Work.isAbove(node) || node.isBusy()));
            List<Node> here = all.stream().filter(n -> n.stage == Node.Stage.OPEN
                    && n.hold == null).toList();
            here.forEach(node -> node.swapping = true);
            for (Node node : here) {
                boolean own = node.driver == driver;
                if (own) {
                    gone.add(node);
                    hold(freezeThaw.awaitForce(node), true, beganNs);
                } else {
                    awaitTryHold(node, beganNs);
                }
            }
            here.forEach(node -> node.swapping = false);
            graph.drains.wait.kick();
        }
        return gone;
    }

    private void awaitTryHold(Node node, long beganNs) {
        try {
            hold(freezeThaw.awaitFreeze(node), false, beganNs);
        } catch (BlockException e) {
            LOG.error("{} stands on a node without a driver: {}", node, e.getMessage());
        }
    }

    /** Has a frozen node wait, drained by the caller. */
    void awaitHold(Frozen frozen, boolean own) {
        hold(frozen, own, graph.main.nowNs());
        tellMissing(frozen.node().driver(), List.of(frozen.node().name()));
    }

    private void hold(Frozen frozen, boolean own, long beganNs) {
        Node node = frozen.node();
        DrainedSection section = graph.drains.awaitBegin(node, "driver '" + node.driver()
                + "' is missing");
        node.hold = new Hold(frozen, beganNs, own, section,
                graph.main.nowNs() + policy.timeoutNs(), () -> expire(node));
        if (!policy.hold()) {
            node.hold.expire();
        }
    }

    private void expire(Node node) {
        Hold hold = node.hold;
        if (hold != null && hold.waits()) {
            hold.expire();
            LOG.error("{}: its requests fail from now on", node.missingText());
            if (hold.own) {
                graph.listeners.driverMissing(new DriverAbsence(node.driver(),
                        List.of(node.name()), false, 0));
            }
        }
    }

    // A driver is broken

    /**
     * Takes the broken half of a node off, once nothing is inside it any more. What is above stays:
     * its requests wait, and what it still has to write it writes when the node is healed.
     */
    void awaitQuarantine(NodeFault fault) {
        Node node = fault.node;
        long quietNs = Math.min(policy.timeoutNs(), QUIET_TIMEOUT_NS);
        try (CoMutex.Held _ = graph.exchange.awaitLock()) {
            if (node.fault() == fault && node.stage == Node.Stage.OPEN && node.hold == null) {
                try (DrainedSection _ = graph.drains.awaitBegin(List.of(node),
                        "quarantine of '" + node.name() + "'", quietNs)) {
                    awaitAbandon(node);
                }
            }
            graph.listeners.driverFailed(fault.report(policy.hold(),
                    policy.hold() ? policy.timeoutNs() : 0));
            awaitHealLocked();
        } catch (BlockException e) {
            LOG.error("{}: {}; its requests fail from now on", fault, e.getMessage());
            fault.end(false);
            graph.listeners.driverFailed(fault.report(false, 0));
        } catch (RuntimeException | Error e) {
            fault.end(false); // whatever happens, nobody waits for ever
            throw e;
        }
        if (node.hold == null) {
            fault.end(node.fault() != fault);
        }
    }

    private void awaitAbandon(Node node) {
        graph.drains.wait.awaitWhile(() -> Work.isAbove(node) || node.isBusy());
        if (node.stage == Node.Stage.OPEN && node.hold == null) {
            node.swapping = true;
            node.failed.add(node.driver);
            try {
                hold(freezeThaw.awaitAbandon(node), true, graph.main.nowNs());
            } finally {
                node.swapping = false;
                graph.drains.wait.kick();
            }
        }
    }

    /** What waits fails. */
    void endAll() {
        for (Node node : graph.nodes.all()) {
            if (node.fault() != null) {
                node.fault().end(false);
            }
            expire(node);
        }
    }

    // A driver comes

    /** Thaws what can be. */
    void awaitHeal() {
        if (graph.nodes.all().stream().allMatch(node -> node.hold == null)) {
            return;
        }
        try (CoMutex.Held _ = graph.exchange.awaitLock()) {
            awaitHealLocked();
        }
    }

    private void awaitHealLocked() {
        Map<String, List<String>> restored = new LinkedHashMap<>();
        for (boolean progress = true; progress;) {
            progress = false;
            for (Node node : graph.nodes.open()) {
                DriverSet.Entry by = node.hold == null ? null : successor(node.hold.frozen);
                if (by != null && node.children.stream().allMatch(e -> e.child.hold == null)) {
                    boolean own = node.hold.own;
                    if (awaitHeal(node, by)) {
                        progress = true;
                        if (own) {
                            restored.computeIfAbsent(node.driver(), _ -> new ArrayList<>())
                                    .add(node.name());
                        }
                    }
                }
            }
        }
        graph.retyping.refreshAll();
        restored.forEach(graph.listeners::driverRestored);
    }

    private DriverSet.Entry successor(Frozen frozen) {
        if (frozen.node().fault() != null) {
            return graph.drivers.newestBut(frozen.node().driver(), frozen.node().failed);
        }
        DriverSet.Entry same = graph.drivers.find(frozen.driver());
        return same != null ? same : graph.drivers.newest(frozen.node().driver());
    }

    private boolean awaitHeal(Node node, DriverSet.Entry by) {
        Hold hold = node.hold;
        try (DrainedSection _ = graph.drains.awaitBegin(node, "return of a driver")) {
            graph.drains.wait.awaitWhile(() -> Work.isAbove(node) || node.isBusy());
            if (node.hold != hold || node.stage != Node.Stage.OPEN) {
                return false;
            }
            node.swapping = true;
            try {
                freezeThaw.awaitThaw(hold.frozen, by);
                freezeThaw.awaitPermissions(List.of(node));
            } catch (BlockException e) {
                LOG.error("{}: driver {} {} does not go on with it: {}", node,
                        by.version().bundle(), by.version().version(), e.getMessage());
                return false;
            } finally {
                node.swapping = false;
                graph.drains.wait.kick();
            }
            boolean waited = hold.waits();
            hold.end();
            node.checkLength();
            if (!by.driver().equals(hold.frozen.driver())) {
                graph.listeners.driverSwapped(new DriverSwap(node.name(), hold.frozen.version(),
                        by.version(), waited ? graph.main.nowNs() - hold.beganNs : 0));
            }
            return true;
        }
    }
}
