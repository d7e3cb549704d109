package io.backplane.graph;

import io.backplane.aio.Awaited;
import io.backplane.aio.CarriedRequest;
import io.backplane.aio.Coroutine;
import io.backplane.block.graph.DrainReport;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Nodes with all their parents, and what is in flight there: what a drain of them waits for. */
final class Above {
    final Set<Node> nodes = new LinkedHashSet<>();
    final Set<Backend> backends = new LinkedHashSet<>();

    void visit(Node node) {
        if (!nodes.add(node)) {
            return;
        }
        for (Edge edge : List.copyOf(node.parents)) {
            if (edge instanceof Backend backend) {
                backends.add(backend);
            } else if (edge.parentNode() != null) {
                visit(edge.parentNode());
            }
        }
    }

    /**
     * The coroutines with requests of these backends that a drain waits for. One that is parked is
     * not counted, so nobody waits for it; unless its owner says that it is busy: as far as can be
     * seen, because it waits for that request.
     */
    List<Coroutine> carriers(Graph graph) {
        List<Coroutine> carriers = new ArrayList<>();
        for (Coroutine coroutine : graph.main.coroutines().registry().busy()) {
            CarriedRequest request = coroutine.carried();
            if (request != null && request.target() instanceof Backend backend
                    && backends.contains(backend)
                    && (!(coroutine.awaited() instanceof ParkedRequests)
                            || backend.ownerSeenBusy())) {
                carriers.add(coroutine);
            }
        }
        return carriers;
    }

    /** Counts, and those that say they are busy. */
    List<String> others() {
        List<String> others = new ArrayList<>();
        for (Node node : nodes) {
            if (node.inFlight() > 0) {
                others.add(node + ": " + node.inFlight() + " in flight");
            }
            if (node.driverBusy()) {
                others.add(node + ": its driver is busy");
            }
        }
        for (Backend backend : backends) {
            if (backend.inFlight() > 0) {
                others.add(backend.user() + ": " + backend.inFlight() + " in flight");
            }
            if (backend.ownerBusy()) {
                others.add(backend.user() + ": its owner is busy");
            }
        }
        return others;
    }

    /** The request of a coroutine; null if it has just ended. */
    static DrainReport.Request describe(Coroutine carrier) {
        CarriedRequest request = carrier.carried();
        if (request == null || !(request.target() instanceof Backend backend)) {
            return null;
        }
        Awaited awaited = carrier.awaited();
        String phase = awaited != null ? "waits for " + awaited.describe()
                : carrier.isSuspended() ? "suspended" : "running";
        List<String> stack = new ArrayList<>();
        for (StackTraceElement frame : carrier.stack()) {
            stack.add(frame.toString());
        }
        Node root = backend.child;
        return new DrainReport.Request(backend.name(), root == null ? "" : root.name(),
                request.verb(), request.offset(), request.bytes(), phase, request.id(),
                carrier.context().name(), carrier.name(), stack);
    }
}
