package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.backend.BlockDevOps;

/**
 * What every job is for the graph: a long-running coroutine in an I/O thread with a backend of its
 * own, which pauses between two requests while it is drained, and takes its backend off when it
 * ends or fails.
 */
final class StandInJob implements BlockDevOps {
    private final Fakes f;
    private final Backend backend;
    private volatile boolean pause;
    private volatile boolean inside;
    private volatile boolean cancelled;
    private volatile boolean ended;
    volatile long rounds;
    volatile boolean fails;
    volatile BlockException failure;

    StandInJob(Fakes f, Backend backend, AioContext context) {
        this.f = f;
        this.backend = backend;
        backend.parkRequests(false); // parked while it counts as inside, it would stall the drain
        inside = true;
        context.spawn(this::run);
    }

    private void run() {
        try {
            while (!cancelled) {
                awaitWhilePaused();
                if (fails) {
                    throw new BlockException(BlockException.Kind.IO, "stand-in");
                }
                backend.preadv(0, 4096, Fakes.buffer(4096, 0), 0, 0);
                rounds++;
            }
        } catch (BlockException e) {
            failure = e;
        }
        inside = false;
        f.graph.drains.wait.kick();
        Coroutine.awaitMoveTo(f.graph.main);
        backend.awaitClose();
        ended = true;
    }

    /**
     * Also left to fail while it is drained, as a job whose error is told then. It says that it is
     * inside before it looks, so either it sees the pause or who begins the drain sees it inside.
     */
    private void awaitWhilePaused() {
        inside = true;
        while (mustPause()) {
            inside = false;
            f.graph.drains.wait.kick();
            while (mustPause()) {
                Coroutine.awaitYield();
            }
            inside = true;
        }
    }

    private boolean mustPause() {
        return pause && !fails;
    }

    /** Ends it. Main. */
    void awaitEnd() {
        cancelled = true;
        f.until(() -> ended);
    }

    @Override
    public void drainedBegin() {
        pause = true;
    }

    @Override
    public boolean drainedPoll() {
        return inside;
    }

    @Override
    public void drainedEnd() {
        pause = false;
    }

    @Override
    public void resized() {
        // it reads where there is always something
    }
}
