package io.backplane.graph;

import io.backplane.aio.AioTimer;
import io.backplane.block.BlockException;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.graph.DriverAbsence;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.graph.DriverVersion;
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

    /** The same for what did not come out when it had to. */
    private static final long STUCK_AGAIN_NS = 200_000_000;
    private static final long RETRY_FIRST_NS = 100_000_000;
    private static final long RETRY_LONGEST_NS = 10_000_000_000L;
    private static final long NS_IN_MS = 1_000_000;

    // Immutable
    private final Graph graph;
    private final FreezeThaw freezeThaw;

    // Global state
    private MissingPolicy policy = MissingPolicy.DEFAULT;
    private AioTimer retry;
    private long retryNs = RETRY_FIRST_NS;

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
        Map<String, List<String>> missing = new TreeMap<>();
        int[] left = {0};
        for (List<Node> part : Families.parts(graph.nodes.open())) {
            if (part.stream().anyMatch(node -> concerns(driver, node))) {
                left[0]++;
                graph.main.spawn(() -> {
                    try {
                        awaitRemoved(driver, part, missing);
                    } finally {
                        left[0]--;
                        graph.drains.wait.kick();
                    }
                });
            }
        }
        graph.drains.awaitEnd(() -> left[0] > 0, null, QUIET_TIMEOUT_NS);
        tellMissing(missing); // and do not wait with it for who is stuck
        graph.drains.wait.awaitWhile(() -> left[0] > 0);
        tellMissing(missing);
    }

    private static boolean concerns(BlockDriver driver, Node node) {
        return node.driver == driver || node.swapping
                || node.hold != null && node.hold.frozen.driver() == driver;
    }

    /** One after the other with all that hang together; each disk for itself. */
    private void awaitRemoved(BlockDriver driver, List<Node> part,
            Map<String, List<String>> missing) {
        try (Exchanges.Held held = graph.exchanges.awaitLock(part)) {
            List<Node> nodes = held.open().stream().filter(node -> node.driver == driver)
                    .toList();
            List<Node> gone = new ArrayList<>();
            for (List<Node> family : Families.of(nodes)) {
                gone.addAll(awaitFreezeFamily(driver, family));
            }
            for (Node node : held.open()) {
                if (node.hold != null && node.hold.lost(driver)) {
                    gone.add(node);
                }
            }
            awaitHeal(held);
            gone.forEach(node -> missing.computeIfAbsent(node.driver(), _ -> new ArrayList<>())
                    .add(node.name()));
        }
    }

    private void tellMissing(Map<String, List<String>> missing) {
        missing.forEach((name, names) -> tellMissing(name, names.stream()
                .filter(n -> graph.nodes.find(n) != null && graph.nodes.find(n).hold != null)
                .toList()));
        missing.clear();
    }

    private void tellMissing(String driver, List<String> nodes) {
        if (!nodes.isEmpty()) {
            LOG.warn("driver '{}' is missing: nodes {} {}", driver, nodes,
                    policy.hold() ? "wait up to " + policy.timeoutNs() / NS_IN_MS + " ms"
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
        try (Exchanges.Held held = graph.exchanges.awaitLock(List.of(node))) {
            if (node.fault() == fault && node.hold == null) {
                awaitAbandon(node, quietNs);
            }
            graph.listeners.driverFailed(fault.report(policy.hold(),
                    policy.hold() ? policy.timeoutNs() : 0));
            awaitHeal(held);
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

    /** @throws BlockException BUSY if something stays inside; the node is as it was */
    private void awaitAbandon(Node node, long quietNs) throws BlockException {
        if (node.stage != Node.Stage.OPEN) {
            return;
        }
        try (DrainedSection _ = graph.drains.awaitBegin(List.of(node),
                "quarantine of '" + node.name() + "'", quietNs)) {
            if (!graph.drains.awaitEnd(() -> isInUse(node), null, quietNs)) {
                throw new BlockException(BlockException.Kind.BUSY, "An operation on '"
                        + node.name() + "' does not end within " + quietNs / NS_IN_MS + " ms");
            }
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
    }

    private static boolean isInUse(Node node) {
        return Work.isAbove(node) || node.isBusy();
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

    /** Thaws what can be, each disk for itself; it ends later. */
    void heal() {
        List<Node> waiting = graph.nodes.all().stream()
                .filter(node -> node.hold != null || isStuck(node)).toList();
        for (List<Node> part : Families.parts(waiting)) {
            graph.main.spawn(() -> {
                try (Exchanges.Held held = graph.exchanges.awaitLock(part)) {
                    awaitHeal(held);
                }
            });
        }
    }

    /** Whether a broken half could not be taken off when it broke. */
    private static boolean isStuck(Node node) {
        return node.fault() != null && node.fault().isOver() && node.hold == null;
    }

    private void awaitHeal(Exchanges.Held held) {
        Map<String, List<String>> restored = new LinkedHashMap<>();
        held.open().stream().filter(DriverHolds::isStuck).forEach(this::awaitFreed);
        for (boolean progress = true; progress;) {
            progress = false;
            for (Node node : held.open()) {
                DriverSet.Entry by = node.hold == null ? null : successor(node.hold.frozen);
                if (by != null && node.children.stream().allMatch(e -> e.child.hold == null)) {
                    boolean own = node.hold.own;
                    if (awaitHeal(node, by)) {
                        progress = true;
                        retryNs = RETRY_FIRST_NS;
                        if (own) {
                            restored.computeIfAbsent(node.driver(), _ -> new ArrayList<>())
                                    .add(node.name());
                        }
                    } else {
                        retryLater();
                    }
                }
            }
        }
        graph.retyping.refreshAll();
        restored.forEach(graph.listeners::driverRestored);
    }

    /** What was inside may have come out. */
    private void awaitFreed(Node node) {
        try {
            awaitAbandon(node, STUCK_AGAIN_NS);
        } catch (BlockException e) {
            LOG.debug("{}: {}", node, e.getMessage());
        }
    }

    /** A thaw failed for something that may pass, such as trouble of the host. */
    private void retryLater() {
        if (retry == null && !graph.nodes.all().isEmpty()) {
            retry = graph.main.newTimer("another thaw", this::retry);
            retry.armAt(graph.main.nowNs() + retryNs);
            retryNs = Math.min(2 * retryNs, RETRY_LONGEST_NS);
        }
    }

    private void retry() {
        close();
        graph.main.spawn(this::heal);
    }

    /** All nodes are closed. */
    void close() {
        if (retry != null) {
            retry.close();
            retry = null;
        }
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
        try (DrainedSection _ = graph.drains.awaitBegin(List.of(node), "return of a driver",
                QUIET_TIMEOUT_NS)) {
            boolean quiet = graph.drains.awaitEnd(() -> isInUse(node), null, QUIET_TIMEOUT_NS);
            if (!quiet || node.hold != hold || node.stage != Node.Stage.OPEN) {
                return false;
            }
            node.swapping = true;
            try {
                awaitThaw(node, by);
            } finally {
                node.swapping = false;
                graph.drains.wait.kick();
            }
            boolean waited = hold.waits();
            DriverVersion before = hold.frozen.version();
            boolean other = !by.driver().equals(hold.frozen.driver());
            hold.end();
            node.checkLength();
            if (other) {
                graph.listeners.driverSwapped(new DriverSwap(node.name(), before, by.version(),
                        waited ? graph.main.nowNs() - hold.beganNs : 0));
            }
            return true;
        } catch (BlockException e) {
            String trouble = by.version() + e.getMessage();
            if (!hold.trouble.equals(trouble)) {
                hold.trouble = trouble;
                LOG.error("{}: driver {} {} does not go on with it: {}", node,
                        by.version().bundle(), by.version().version(), e.getMessage());
            }
            return false;
        }
    }

    /** @throws BlockException the node is frozen as before */
    private void awaitThaw(Node node, DriverSet.Entry by) throws BlockException {
        freezeThaw.awaitThaw(node.hold.frozen, by);
        try {
            freezeThaw.awaitPermissions(List.of(node));
        } catch (BlockException e) {
            node.hold.frozen = freezeThaw.awaitForce(node);
            throw e;
        }
    }
}
