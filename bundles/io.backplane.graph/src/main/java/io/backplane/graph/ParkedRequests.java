package io.backplane.graph;

import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.aio.ShortLock;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
    private final Set<Coroutine> retracted = new HashSet<>();
    private boolean open = true;
    private boolean retracting;

    ParkedRequests(Backend backend, InFlight inFlight) {
        this.backend = backend;
        this.inFlight = inFlight;
    }

    /**
     * Parks the caller, who is counted, until {@link #resume}; returns at once if that came.
     *
     * @return false if the caller must not begin, but end: it was retracted
     */
    boolean awaitResume() {
        Coroutine self = Coroutine.current();
        guard.lock();
        try {
            if (open || retracting) {
                return open;
            }
            queue.add(self);
            inFlight.decrement();
        } finally {
            guard.unlock();
        }
        Coroutine.suspend(this);
        return !wasRetracted(self);
    }

    private boolean wasRetracted(Coroutine request) {
        guard.lock();
        try {
            return retracted.remove(request);
        } finally {
            guard.unlock();
        }
    }

    /** Whether nobody waits here from now on; who does, goes. */
    void retract(boolean on) {
        guard.lock();
        try {
            retracting = on;
            if (on) {
                retracted.addAll(queue);
                wakeAll();
            }
        } finally {
            guard.unlock();
        }
    }

    private void wakeAll() {
        for (Coroutine next = queue.poll(); next != null; next = queue.poll()) {
            inFlight.increment();
            next.wake();
        }
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
            wakeAll();
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
