package io.backplane.graph;

import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;

/**
 * The requests in flight on one node whose driver has an alignment, so that a read-modify-write
 * (a <em>serialising</em> request) and whatever overlaps it take turns.
 *
 * <p>Two overlapping requests wait for each other if one of them is serialising; the later one
 * waits. A request that already waits for somebody is never waited for: it will look at the list
 * again when it wakes, and find the newcomer. That is what keeps two from waiting for each other.
 */
final class RequestTracker {
    private static final int POOLED = 64;

    // Under lock
    private final CoMutex lock = new CoMutex();
    private TrackedRequest first;
    private TrackedRequest pool;
    private int pooled;

    /**
     * Enters a request and waits for those it must not overlap.
     *
     * @param offset start, and {@code end} end of what must not be touched by others, aligned
     * @param serialising whether it must be alone in its range
     */
    TrackedRequest awaitBegin(long offset, long end, boolean serialising) {
        try (CoMutex.Held _ = lock.awaitLock()) {
            TrackedRequest request = take();
            request.offset = offset;
            request.end = end;
            request.serialising = serialising;
            request.next = first;
            if (first != null) {
                first.previous = request;
            }
            first = request;
            awaitOverlaps(request);
            return request;
        }
    }

    /** Ends a request and lets those that wait for it look again. */
    void awaitEnd(TrackedRequest request) {
        try (CoMutex.Held _ = lock.awaitLock()) {
            if (request.previous != null) {
                request.previous.next = request.next;
            } else {
                first = request.next;
            }
            if (request.next != null) {
                request.next.previous = request.previous;
            }
            request.waiters.wakeAll();
            give(request);
        }
    }

    private void awaitOverlaps(TrackedRequest self) {
        for (TrackedRequest other = overlap(self); other != null; other = overlap(self)) {
            self.waitingFor = other;
            other.waiters.awaitWake();
            self.waitingFor = null;
        }
    }

    private TrackedRequest overlap(TrackedRequest self) {
        for (TrackedRequest r = first; r != null; r = r.next) {
            if (r != self && (r.serialising || self.serialising) && r.waitingFor == null
                    && r.offset < self.end && self.offset < r.end) {
                return r;
            }
        }
        return null;
    }

    private TrackedRequest take() {
        TrackedRequest request = pool;
        if (request == null) {
            return new TrackedRequest(new CoQueue(lock));
        }
        pool = request.next;
        pooled--;
        request.previous = null;
        return request;
    }

    private void give(TrackedRequest request) {
        request.previous = null;
        request.next = null;
        if (pooled < POOLED) {
            pooled++;
            request.next = pool;
            pool = request;
        }
    }

    /** Whether nothing is in flight; for tests. */
    boolean isEmpty() {
        return first == null;
    }
}
