package io.backplane.graph;

import io.backplane.aio.CoQueue;

/** A request in flight on a node that has to know; pooled by its {@link RequestTracker}. */
final class TrackedRequest {
    // Immutable
    final CoQueue waiters;

    // Under the tracker's lock
    long offset;
    long end;
    boolean serialising;
    TrackedRequest waitingFor;
    TrackedRequest previous;
    TrackedRequest next;

    TrackedRequest(CoQueue waiters) {
        this.waiters = waiters;
    }
}
