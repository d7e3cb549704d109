package io.backplane.tool.guest;

import io.backplane.sys.SysThread;
import io.backplane.tool.guest.frontend.BlkQueue;
import io.backplane.tool.guest.frontend.GuestDevice;
import io.backplane.tool.guest.frontend.GuestQueue;

/**
 * The thread that drives one queue: fills free slots, publishes, takes completions, waits as the
 * waiting mode says. Subclasses say what a request is.
 */
abstract class QueueWorker implements Runnable {
    /** Longest wait without a look at {@link #stop}. */
    private static final long WAIT_NS = 100_000_000L;
    private static final int SPINS_PER_LOOK = 64;

    // Immutable
    protected final GuestDevice device;
    protected final BlkQueue queue;
    private final Waiting waiting;
    private final int cpu;
    private final int entriesMax;
    private final int[] free;

    // The worker's thread
    private int freeCount;
    /** Time of the last look at the clock, shared by all requests of a turn. */
    protected long now;

    // Any thread
    private volatile boolean stop;
    private volatile boolean abandon;
    private volatile boolean done;
    private volatile long progress;
    private volatile Throwable failure;

    /**
     * @param entriesMax longest chain a request may have
     * @param cpu CPU to run on, -1: any
     */
    QueueWorker(GuestDevice device, BlkQueue queue, Waiting waiting, int entriesMax, int cpu) {
        this.device = device;
        this.queue = queue;
        this.waiting = waiting;
        this.entriesMax = entriesMax;
        this.cpu = cpu;
        this.free = new int[queue.depth()];
        for (int i = 0; i < free.length; i++) {
            free[freeCount++] = i;
        }
        this.progress = System.nanoTime();
    }

    /** Puts the next request into the ring; false: nothing to do now. */
    protected abstract boolean submit(int slot);

    /** A request came back. */
    protected abstract void completed(int slot, int status);

    /** Once a turn, at {@link #now}. */
    protected void turn() {
    }

    @Override
    public final void run() {
        try {
            if (cpu >= 0) {
                SysThread.pin(0, cpu);
            }
            loop();
        } catch (Throwable e) {
            failure = e;
        } finally {
            done = true;
        }
    }

    private void loop() {
        GuestQueue ring = queue.ring();
        if (waiting.interrupts()) {
            ring.arm();
        } else {
            ring.disarm();
        }
        now = System.nanoTime();
        while (!abandon) {
            turn();
            boolean stopping = stop;
            if (stopping && freeCount == free.length) {
                return;
            }
            if (!stopping) {
                fill(ring);
            }
            if (!reap()) {
                await(ring);
            }
        }
    }

    private void fill(GuestQueue ring) {
        while (freeCount > 0 && ring.hasRoom(entriesMax) && submit(free[freeCount - 1])) {
            freeCount--;
        }
        ring.publish();
    }

    private boolean reap() {
        int slot = queue.complete();
        if (slot < 0) {
            return false;
        }
        now = System.nanoTime();
        do {
            completed(slot, queue.status(slot));
            free[freeCount++] = slot;
            slot = queue.complete();
        } while (slot >= 0);
        progress = now;
        return true;
    }

    private void await(GuestQueue ring) {
        if (!waiting.interrupts()) {
            for (int i = 0; i < SPINS_PER_LOOK && !ring.hasCompletions(); i++) {
                Thread.onSpinWait();
            }
            now = System.nanoTime();
            return;
        }
        if (!ring.arm() && !spin(ring)) {
            ring.awaitInterrupt(WAIT_NS);
        }
        now = System.nanoTime();
    }

    private boolean spin(GuestQueue ring) {
        if (waiting.spinNs() == 0) {
            return false;
        }
        long end = System.nanoTime() + waiting.spinNs();
        do {
            for (int i = 0; i < SPINS_PER_LOOK; i++) {
                if (ring.hasCompletions()) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() < end);
        return false;
    }

    /** Asks the worker to take back what is in flight and end. */
    final void stop() {
        stop = true;
        queue.ring().interrupt();
    }

    /** Asks the worker to end at once. */
    final void abandon() {
        abandon = true;
        queue.ring().interrupt();
    }

    /** Whether it has ended. */
    final boolean isDone() {
        return done;
    }

    /** What ended it, or null. */
    final Throwable failure() {
        return failure;
    }

    /** Time of the last completion, or of the start. */
    final long progress() {
        return progress;
    }

    /** Whether requests are in flight, as far as another thread can see. */
    final boolean isWaiting() {
        return queue.ring().inFlight() > 0;
    }
}
