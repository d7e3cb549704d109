package io.backplane.graph;

import io.backplane.aio.Awaited;
import io.backplane.aio.CoQueue;
import io.backplane.aio.Coroutine;
import java.util.List;

/** A request in flight on a node that has to know; pooled by its {@link RequestTracker}. */
final class TrackedRequest implements Awaited {
    // Immutable
    final CoQueue waiters;

    // Under the tracker's lock
    long offset;
    long end;
    boolean serialising;
    Coroutine carrier;
    TrackedRequest waitingFor;
    TrackedRequest previous;
    TrackedRequest next;

    TrackedRequest(CoQueue waiters) {
        this.waiters = waiters;
    }

    @Override
    public String describe() {
        return "a request from " + offset + " to " + end;
    }

    @Override
    public List<Coroutine> blockers() {
        Coroutine now = carrier;
        return now == null ? List.of() : List.of(now);
    }
}
