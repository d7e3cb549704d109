package io.backplane.sim;

import io.backplane.aio.BottomHalf;

/** A bottom half of a {@link SimContext}. */
final class SimBottomHalf implements BottomHalf {
    private final SimContext context;
    private final String name;
    private final Runnable callback;
    private boolean queued;
    private boolean scheduled;
    private boolean closed;

    SimBottomHalf(SimContext context, String name, Runnable callback) {
        this.context = context;
        this.name = name;
        this.callback = callback;
    }

    @Override
    public void schedule() {
        scheduled = true;
        if (!queued) {
            queued = true;
            context.post(this);
        }
    }

    @Override
    public void cancel() {
        scheduled = false;
    }

    @Override
    public void close() {
        closed = true;
    }

    void run() {
        boolean run = scheduled && !closed;
        queued = false;
        scheduled = false;
        if (run) {
            callback.run();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
