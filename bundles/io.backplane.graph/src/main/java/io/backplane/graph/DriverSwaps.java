package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.graph.BlockGraph.SwapPace;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.graph.DriverVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes nodes over to other versions of their drivers.
 *
 * <p>Nodes above one another form a family and go together, one family after the other, so that
 * each disk is drained only for its own nodes: flush while requests still run, drain, freeze from
 * the top down, thaw from the bottom up, settle permissions. If one fails, its family goes back
 * inside the same drained section, and the families before it after that, one by one. A node that
 * cannot go back either waits for its driver as if that had gone away.
 */
final class DriverSwaps {
    private static final Logger LOG = LoggerFactory.getLogger(DriverSwaps.class);
    private static final long NS_IN_US = 1000;
    private static final long DRAIN_NS = 10_000_000_000L;
    private static final int FLUSHES_MAX = 4;
    private static final long FLUSH_SHORT_NS = 5_000_000;

    // Immutable
    private final Graph graph;
    private final FreezeThaw freezeThaw;

    DriverSwaps(Graph graph) {
        this.graph = graph;
        freezeThaw = new FreezeThaw(graph);
    }

    List<DriverSwap> awaitSwap(List<DriverSwap> wanted, SwapPace pace) throws BlockException {
        Map<Node, DriverSet.Entry> targets = new LinkedHashMap<>();
        for (DriverSwap swap : wanted) {
            Node node = graph.nodes.require(swap.node());
            DriverSet.Entry to = graph.drivers.require(swap.to());
            if (!node.driver().equals(to.version().driver())) {
                throw new BlockException(BlockException.Kind.INVALID, "Node '" + node.name()
                        + "' has driver '" + node.driver() + "', not '"
                        + to.version().driver() + "'");
            }
            graph.retyping.of(node.options, to.driver()); // before anything stands still
            targets.put(node, to);
        }
        List<DriverSwap> done = new ArrayList<>();
        try {
            for (List<Node> family : Families.of(targets.keySet())) {
                pace.awaitNext(done.size(), targets.size());
                done.addAll(awaitSwapFamily(family, targets));
            }
        } catch (BlockException e) {
            awaitBack(done);
            throw e;
        }
        return done;
    }

    /** Takes back what is done; what cannot be is told of. */
    private void awaitBack(List<DriverSwap> done) {
        for (DriverSwap swap : done.reversed()) {
            Node node = graph.nodes.find(swap.node());
            if (node == null) {
                continue;
            }
            try {
                DriverSet.Entry from = graph.drivers.require(swap.from());
                awaitSwapFamily(List.of(node), Map.of(node, from));
            } catch (BlockException e) {
                LOG.error("{} does not go back to {} {}: {}", node, swap.from().bundle(),
                        swap.from().version(), e.getMessage());
            }
        }
    }

    /**
     * Swaps nodes that are above one another, parents first.
     *
     * @throws BlockException they have the drivers they had
     */
    private List<DriverSwap> awaitSwapFamily(List<Node> family,
            Map<Node, DriverSet.Entry> targets) throws BlockException {
        try (Exchanges.Held _ = graph.exchanges.awaitLock(family)) {
            awaitFlushAhead(family);
            long beganNs = graph.main.nowNs();
            long quietNs;
            List<DriverSwap> done = new ArrayList<>();
            try (DrainedSection _ = awaitQuiet(family)) {
                quietNs = graph.main.nowNs();
                Map<Node, DriverVersion> before = new HashMap<>();
                for (Node node : family) {
                    check(node);
                    before.put(node, node.version);
                    node.swapping = true;
                }
                try {
                    awaitExchange(family, targets);
                } finally {
                    family.forEach(node -> node.swapping = false);
                    graph.drains.wait.kick();
                }
                for (Node node : family) {
                    done.add(new DriverSwap(node.name(), before.get(node), node.version, 0));
                }
            }
            long pauseNs = graph.main.nowNs() - beganNs;
            LOG.debug("{}: {} us until quiet, {} us to exchange", family,
                    (quietNs - beganNs) / NS_IN_US, (pauseNs - quietNs + beganNs) / NS_IN_US);
            return tell(done, pauseNs);
        }
    }

    private List<DriverSwap> tell(List<DriverSwap> done, long pauseNs) {
        graph.retyping.refreshAll();
        List<DriverSwap> timed = new ArrayList<>();
        for (DriverSwap swap : done) {
            timed.add(new DriverSwap(swap.node(), swap.from(), swap.to(), pauseNs));
        }
        timed.forEach(graph.listeners::driverSwapped);
        return timed;
    }

    private static void check(Node node) throws BlockException {
        if (node.stage != Node.Stage.OPEN) {
            throw new BlockException(BlockException.Kind.BUSY,
                    "Node '" + node.name() + "' is being closed");
        }
        if (node.hold != null) {
            throw new BlockException(BlockException.Kind.BUSY, node.missingText());
        }
    }

    /**
     * What is written back now need not be while requests are parked. Again, as long as it takes
     * long, for as much was written meanwhile.
     */
    void awaitFlushAhead(List<Node> family) {
        for (int round = 0; round < FLUSHES_MAX; round++) {
            long beganNs = graph.main.nowNs();
            family.forEach(this::awaitFlushAhead);
            if (graph.main.nowNs() - beganNs < FLUSH_SHORT_NS) {
                return;
            }
        }
    }

    private void awaitFlushAhead(Node node) {
        if (node.stage == Node.Stage.OPEN && node.hold == null && !node.openedReadOnly) {
            try (Work _ = graph.awaitWork(node)) {
                node.flush();
            } catch (BlockException e) {
                LOG.debug("{}: flush ahead: {}", node, e.getMessage());
            }
        }
    }

    /** Drains, and waits for operations of main. */
    private DrainedSection awaitQuiet(List<Node> family) throws BlockException {
        graph.drains.wait.awaitWhile(() -> family.stream().anyMatch(Work::isAbove));
        DrainedSection section = graph.drains.awaitBegin(family, "exchange of drivers", DRAIN_NS);
        graph.drains.wait.awaitWhile(() -> family.stream()
                .anyMatch(node -> Work.isAbove(node) || node.isBusy()));
        return section;
    }

    private void awaitExchange(List<Node> family, Map<Node, DriverSet.Entry> targets)
            throws BlockException {
        List<Frozen> frozen = new ArrayList<>();
        List<Frozen> thawed = new ArrayList<>();
        try {
            for (Node node : family) {
                frozen.addFirst(freezeThaw.awaitFreeze(node));
            }
            for (Frozen one : frozen) {
                long before = one.length();
                freezeThaw.awaitThaw(one, targets.get(one.node()));
                thawed.addFirst(one);
                if (one.node().length() != before) {
                    throw new BlockException(BlockException.Kind.INVALID, "Node '"
                            + one.node().name() + "' had " + before + " bytes, with the new driver "
                            + one.node().length());
                }
            }
            freezeThaw.awaitPermissions(family);
        } catch (BlockException e) {
            awaitUndo(frozen, thawed);
            throw e;
        }
    }

    /**
     * Puts the old drivers back.
     *
     * @param frozen children first
     * @param thawed those of them that the new driver has, parents first
     */
    private void awaitUndo(List<Frozen> frozen, List<Frozen> thawed) {
        Map<Node, Frozen> again = new HashMap<>();
        for (Frozen one : thawed) {
            again.put(one.node(), freezeThaw.awaitForce(one.node()));
        }
        for (Frozen one : frozen) {
            Frozen back = !again.containsKey(one.node()) ? one
                    : new Frozen(one.node(), one.driver(), one.version(), one.options(),
                            one.length(), one.state(), again.get(one.node()).live());
            try {
                freezeThaw.awaitThaw(back, new DriverSet.Entry(one.driver(), one.version()));
                freezeThaw.awaitPermissions(List.of(one.node()));
            } catch (BlockException e) {
                LOG.error("{}: the old driver does not go on either: {}", one.node(),
                        e.getMessage());
                graph.holds.awaitHold(back, true);
            }
        }
    }

    /** Takes nodes over to {@code to}, because their driver goes away; the exchange is locked. */
    FreezeThaw freezeThaw() {
        return freezeThaw;
    }
}
