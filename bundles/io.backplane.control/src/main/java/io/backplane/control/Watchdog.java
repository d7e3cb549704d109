package io.backplane.control;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.Coroutine;
import io.backplane.aio.CoroutineRegistry;
import io.backplane.aio.WaitForGraph;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.DrainReport;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of waits that cannot end: a cycle of coroutines, or a drain that is older than its
 * deadline. It only tells; nothing becomes live by it.
 *
 * <p>It ticks only while some coroutine waits for another one. Else it has no timer: the registry
 * calls it when the next wait begins. A cycle is told when two ticks in a row have seen it, so
 * within three periods.
 */
final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
    private static final long PERIOD_NS = 500_000_000;
    private static final int REQUESTS_MAX = 16;

    /** Data of DEADLOCK_DETECTED. */
    @Name("DeadlockDetectedData")
    record Deadlock(@Option("who waits for what, held up by whom") List<String> edges) {
    }

    /** Data of DRAIN_STALLED. */
    @Name("DrainStalledData")
    record Stalled(
            @Option("number of the drained section") long id,
            @Option("what it drains") List<String> nodes,
            @Option("what it is for") String owner,
            @Option("time since it began") long ageNs,
            @Option("what it waits for") List<String> waitsFor) {
    }

    static final QmpEventType DEADLOCK =
            QmpEventType.of("DEADLOCK_DETECTED", Deadlock.class);
    static final QmpEventType STALLED = QmpEventType.of("DRAIN_STALLED", Stalled.class);

    // Immutable
    private final BlockGraph graph;
    private final QmpEvents events;
    private final long deadlineNs;
    private final AioContext main;
    private final CoroutineRegistry coroutines;
    private final AioTimer timer;

    // Global state
    private Set<Set<String>> suspects = new HashSet<>();
    private final Set<Set<String>> toldCycles = new HashSet<>();
    private final Set<Long> toldDrains = new HashSet<>();

    // Any thread
    private volatile boolean closed;

    /**
     * A watchdog that sleeps until somebody waits.
     *
     * @param deadlineNs age at which a drain that still waits is told of
     */
    Watchdog(AioContext main, BlockGraph graph, QmpEvents events, long deadlineNs) {
        this.graph = graph;
        this.events = events;
        this.deadlineNs = deadlineNs;
        this.main = main;
        this.coroutines = main.coroutines().registry();
        this.timer = main.newPeriodicTimer("watchdog", this::tick);
        coroutines.onWait(this::arm);
    }

    private void arm() {
        if (!closed) {
            timer.armAt(main.nowNs() + PERIOD_NS);
        }
    }

    private void tick() {
        List<Coroutine> busy = coroutines.busy();
        tellCycles(WaitForGraph.cycles(busy));
        tellStalled();
        if (WaitForGraph.anyWaits(busy)) {
            arm();
            return;
        }
        suspects.clear();
        toldCycles.clear();
        toldDrains.clear();
        coroutines.onWait(this::arm);
        if (WaitForGraph.anyWaits(coroutines.busy())) {
            arm(); // it began before the registry knew whom to call
        }
    }

    private void tellCycles(List<WaitForGraph.Cycle> cycles) {
        Set<Set<String>> seen = new HashSet<>();
        for (WaitForGraph.Cycle cycle : cycles) {
            seen.add(cycle.waits());
            if (suspects.contains(cycle.waits()) && toldCycles.add(cycle.waits())) {
                LOG.error("deadlock: {}", String.join("; ", cycle.edges()));
                events.emit(DEADLOCK, new Deadlock(cycle.edges()));
            }
        }
        suspects = seen;
    }

    private void tellStalled() {
        for (DrainReport drain : graph.drains()) {
            if (drain.waiting() && drain.ageNs() >= deadlineNs && toldDrains.add(drain.id())) {
                List<String> reasons = reasons(drain);
                LOG.error("drain {} of {} ({}) waits since {} ms for: {}", drain.id(),
                        drain.nodes(), drain.asker(), drain.ageNs() / 1_000_000,
                        String.join("; ", reasons));
                events.emit(STALLED, new Stalled(drain.id(), drain.nodes(), drain.asker(),
                        drain.ageNs(), reasons));
            }
        }
    }

    private static List<String> reasons(DrainReport drain) {
        List<String> reasons = new ArrayList<>();
        for (DrainReport.Request r : drain.requests()) {
            if (reasons.size() == REQUESTS_MAX) {
                reasons.add("and " + (drain.requests().size() - REQUESTS_MAX)
                        + " more requests");
                break;
            }
            reasons.add(r.verb() + " of " + r.bytes() + " bytes at " + r.offset() + " on node '"
                    + r.node() + "' by '" + r.backend() + "', " + r.phase() + ", in "
                    + r.coroutine());
        }
        reasons.addAll(drain.others());
        return reasons;
    }

    @Override
    public void close() {
        closed = true;
        coroutines.onWait(null);
        timer.close();
    }
}
