package io.backplane.tool.guest;

import io.backplane.tool.guest.frontend.FrontEndException;
import io.backplane.tool.guest.frontend.GuestDevice;
import io.backplane.tool.guest.frontend.NoCompletionException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the workers of a device: one thread each, while the calling thread watches the connection,
 * takes the device to a back-end that came back, and notices when nothing completes any more.
 */
final class LoadRun {
    private static final long LOOK_NS = 20_000_000L;
    private static final long RECONNECT_NS = 30_000_000_000L;
    private static final long END_NS = 2_000_000_000L;

    // Immutable
    private final GuestDevice device;
    private final List<? extends QueueWorker> workers;
    private final int reconnectsMax;

    // The one user
    private int reconnects;
    private long reconnectedNs = System.nanoTime();

    LoadRun(GuestDevice device, List<? extends QueueWorker> workers, int reconnectsMax) {
        this.device = device;
        this.workers = workers;
        this.reconnectsMax = reconnectsMax;
    }

    /** Starts the threads. */
    void start() {
        for (QueueWorker worker : workers) {
            Thread thread = new Thread(worker, "guest-queue");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Watches until {@code endNs} on the monotonic clock, or until all workers have ended. */
    void watchUntil(long endNs) throws IOException {
        while (!allDone()) {
            long left = endNs - System.nanoTime();
            if (left <= 0) {
                return;
            }
            look(Math.min(left, LOOK_NS));
        }
        throwFailure();
    }

    /** Lets the workers finish what is in flight, still watching. */
    void finish() throws IOException {
        for (QueueWorker worker : workers) {
            worker.stop();
        }
        while (!allDone()) {
            look(1_000_000L);
        }
        throwFailure();
    }

    private void look(long waitNs) throws IOException {
        if (!device.serveBackend(waitNs)) {
            if (reconnects == reconnectsMax) {
                throw new FrontEndException("the back-end closed the connection");
            }
            reconnects++;
            device.reconnect(RECONNECT_NS);
            reconnectedNs = System.nanoTime();
        }
        long oldest = System.nanoTime() - device.options().completionTimeoutNs();
        for (QueueWorker worker : workers) {
            if (!worker.isDone() && worker.isWaiting() && worker.progress() - oldest < 0
                    && reconnectedNs - oldest < 0) {
                throw new NoCompletionException("no completion for "
                        + device.options().completionTimeoutNs() / 1_000_000_000L + " s");
            }
        }
    }

    /** Whether all workers have ended. */
    boolean isOver() {
        return allDone();
    }

    private boolean allDone() {
        for (QueueWorker worker : workers) {
            if (!worker.isDone()) {
                return false;
            }
        }
        return true;
    }

    private void throwFailure() throws IOException {
        for (QueueWorker worker : workers) {
            Throwable failure = worker.failure();
            if (failure instanceof IOException e) {
                throw e;
            }
            if (failure != null) {
                throw new IllegalStateException("queue worker failed: " + failure, failure);
            }
        }
    }

    /** Ends the workers whatever is in flight; their memory may be unmapped afterwards. */
    void abandon() {
        long end = System.nanoTime() + END_NS;
        do {
            for (QueueWorker worker : workers) {
                worker.abandon();
            }
            LockSupport.parkNanos(1_000_000L);
        } while (!allDone() && System.nanoTime() - end < 0);
    }

    /** How often the back-end came back. */
    int reconnects() {
        return reconnects;
    }
}
