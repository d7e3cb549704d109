package io.backplane.graph;

import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import io.backplane.block.graph.DrainReport;
import io.backplane.block.graph.DrainedSection;
import java.util.ArrayList;
import java.util.List;

/**
 * A drained section: who asked, since when, for what. It waits first, for all in flight, then
 * holds until it is closed, and what is parked waits for that.
 */
final class Section implements DrainedSection, Awaited {
    // Immutable
    private final Graph graph;
    private final long id;
    private final String asker;
    private final List<Node> nodes;
    private final Runnable end;
    private final long beganNs;
    private final DrainedSectionEvent event = DrainedSectionEvent.start();
    private final Coroutine coroutine = Coroutine.current();
    private final long run = coroutine.runCount();

    // Global state
    private boolean ended;
    private long waitNs;

    // Written in main, read anywhere
    private volatile boolean waiting = true;

    /**
     * @param nodes what it drains; null: all there are at a time
     * @param end undoes the quiescing, in main
     */
    Section(Graph graph, long id, String asker, List<Node> nodes, Runnable end) {
        this.graph = graph;
        this.id = id;
        this.asker = asker;
        this.nodes = nodes;
        this.end = end;
        this.beganNs = graph.main.nowNs();
    }

    /** Waits for what is in flight. */
    void awaitQuiet() {
        graph.drains.wait.awaitWhile(this::isBusy, this);
        waiting = false;
        if (event != null) {
            waitNs = graph.main.nowNs() - beganNs;
        }
    }

    /** Waits for what is in flight, so long at most; returns whether it is quiet. */
    boolean awaitQuiet(long timeoutNs) {
        if (!graph.drains.awaitEnd(this::isBusy, this, timeoutNs)) {
            return false;
        }
        waiting = false;
        if (event != null) {
            waitNs = graph.main.nowNs() - beganNs;
        }
        return true;
    }

    private Iterable<Node> drained() {
        return nodes != null ? nodes : graph.nodes.all();
    }

    private boolean isBusy() {
        for (Node node : drained()) {
            if (node.isBusy()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        if (ended) {
            throw new IllegalStateException("drained section closed twice");
        }
        ended = true;
        graph.main.runOrSchedule(this::end);
    }

    private void end() {
        graph.drains.remove(this);
        if (event != null) {
            event.end(id, String.join(" ", names()), asker, waitNs);
        }
        end.run();
    }

    /** Whether {@code backend} is parked by this section. */
    boolean covers(Backend backend) {
        return above().backends.contains(backend);
    }

    private Above above() {
        Above above = new Above();
        drained().forEach(above::visit);
        return above;
    }

    // Diagnosis

    /** The coroutine that began it, unless it does other things by now. */
    Coroutine ownerOrNull() {
        return coroutine.runCount() == run && !coroutine.isIdle() ? coroutine : null;
    }

    @Override
    public String describe() {
        return "drain " + id + " of " + names() + " (" + asker + ")";
    }

    private List<String> names() {
        List<String> names = new ArrayList<>();
        drained().forEach(node -> names.add(node.name()));
        return names;
    }

    @Override
    public List<Coroutine> blockers() {
        return above().carriers(graph);
    }

    /** What operators see. Main. */
    DrainReport report() {
        List<DrainReport.Request> requests = new ArrayList<>();
        List<String> others = List.of();
        if (waiting) {
            Above above = above();
            for (Coroutine carrier : above.carriers(graph)) {
                DrainReport.Request request = Above.describe(carrier);
                if (request != null) {
                    requests.add(request);
                }
            }
            others = above.others();
        }
        int nested = 0;
        for (Node node : drained()) {
            nested = Math.max(nested, node.quiesceCount());
        }
        return new DrainReport(id, names(), asker, coroutine.name(),
                graph.main.nowNs() - beganNs, nested, waiting, requests, others);
    }
}
