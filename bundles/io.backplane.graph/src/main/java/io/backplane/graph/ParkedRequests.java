package io.backplane.graph;

import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.aio.ShortLock;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Requests that arrived while their backend was drained. Order is everything: the lock is taken
 * before a request is counted out, so the end of the drain finds it in the queue; and a request is
 * counted in before it is woken, so the next drain waits for it.
 */
final class ParkedRequests implements Awaited {
    // Immutable
    private final InFlight inFlight;
    private final Backend backend;

    // Any thread, under guard; never held over a suspension
    private final ShortLock guard = new ShortLock();
    private final ArrayDeque<Coroutine> queue = new ArrayDeque<>();
    private boolean open = true;

    ParkedRequests(Backend backend, InFlight inFlight) {
        this.backend = backend;
        this.inFlight = inFlight;
    }

    /** Parks the caller, who is counted, until {@link #resume}; returns at once if that came. */
    void awaitResume() {
        guard.lock();
        try {
            if (open) {
                return;
            }
            queue.add(Coroutine.current());
            inFlight.decrement();
        } finally {
            guard.unlock();
        }
        Coroutine.suspend(this);
    }

    @Override
    public String describe() {
        return "the end of the drain of " + backend.user();
    }

    @Override
    public List<Coroutine> blockers() {
        return backend.drainers();
    }

    /** Requests are parked from now on. */
    void close() {
        guard.lock();
        open = false;
        guard.unlock();
    }

    /** Lets all go on. */
    void resume() {
        guard.lock();
        try {
            open = true;
            for (Coroutine next = queue.poll(); next != null; next = queue.poll()) {
                inFlight.increment();
                next.wake();
            }
        } finally {
            guard.unlock();
        }
    }

    /** How many are parked now. */
    int count() {
        guard.lock();
        try {
            return queue.size();
        } finally {
            guard.unlock();
        }
    }
}
