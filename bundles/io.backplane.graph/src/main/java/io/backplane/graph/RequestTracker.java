package io.backplane.graph;

import io.backplane.aio.Awaited;
import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.aio.Coroutine;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The requests in flight on one node whose driver has an alignment, so that a read-modify-write
 * (a <em>serialising</em> request) and whatever overlaps it take turns.
 *
 * <p>While nobody serialises, requests are only counted. A serialising request first announces
 * itself, so that all that come later are listed, and waits until those that were only counted are
 * done; they wait for nobody, so this ends. From then on it finds everything in the list. A request
 * counts itself, then looks for an announcement; the announcer announces, then looks at the count:
 * one of them sees the other.
 *
 * <p>Two overlapping listed requests wait for each other if one of them is serialising; the later
 * one waits. A request that already waits for somebody is never waited for: it will look at the
 * list again when it wakes, and find the newcomer. That keeps two from waiting for each other.
 */
final class RequestTracker {
    private static final int POOLED = 64;
    private static final Awaited UNTRACKED = new Awaited() {
        @Override
        public String describe() {
            return "the requests of a node that are only counted";
        }

        @Override
        public List<Coroutine> blockers() {
            return List.of(); // not known, and they wait for nobody
        }
    };

    // Any thread
    private final AtomicInteger counted = new AtomicInteger();
    private volatile int serialisers;

    // Under lock
    private final CoMutex lock = new CoMutex("the tracked requests of a node");
    private final CoQueue noneCounted = new CoQueue(lock);
    private TrackedRequest first;
    private TrackedRequest pool;
    private int pooled;

    /**
     * Enters a request and waits for those it must not overlap.
     *
     * @param offset start, and {@code end} end of what must not be touched by others, aligned
     * @param serialising whether it must be alone in its range
     * @return what {@link #awaitEnd} wants back; null if the request is only counted
     */
    TrackedRequest awaitBegin(long offset, long end, boolean serialising) {
        if (!serialising) {
            counted.getAndIncrement();
            if (serialisers == 0) {
                return null;
            }
            awaitUncount();
        }
        try (CoMutex.Held _ = lock.awaitLock()) {
            if (serialising) {
                serialisers++;
                while (counted.get() != 0) {
                    noneCounted.awaitWake(UNTRACKED);
                }
            }
            TrackedRequest request = take();
            request.offset = offset;
            request.end = end;
            request.serialising = serialising;
            request.carrier = Coroutine.current();
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
        if (request == null) {
            awaitUncount();
            return;
        }
        try (CoMutex.Held _ = lock.awaitLock()) {
            if (request.serialising) {
                serialisers--;
            }
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

    private void awaitUncount() {
        if (counted.decrementAndGet() == 0 && serialisers != 0) {
            try (CoMutex.Held _ = lock.awaitLock()) {
                noneCounted.wakeAll();
            }
        }
    }

    private void awaitOverlaps(TrackedRequest self) {
        for (TrackedRequest other = overlap(self); other != null; other = overlap(self)) {
            self.waitingFor = other;
            other.waiters.awaitWake(other);
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
        request.carrier = null;
        if (pooled < POOLED) {
            pooled++;
            request.next = pool;
            pool = request;
        }
    }

    /** Whether nothing is in flight; for tests. */
    boolean isEmpty() {
        return first == null && counted.get() == 0 && serialisers == 0;
    }
}
