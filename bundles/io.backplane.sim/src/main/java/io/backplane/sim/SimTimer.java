package io.backplane.sim;

import io.backplane.aio.AioTimer;

/** A timer of a {@link SimContext}. */
final class SimTimer implements AioTimer {
    private final SimClock clock;
    private final SimContext context;
    private final SimEvent due;
    private long deadlineNs;
    private boolean closed;

    SimTimer(SimContext context, SimClock clock, String name, Runnable callback) {
        this.clock = clock;
        this.context = context;
        due = context.onLoop("timer " + name, () -> {
            if (!closed) {
                callback.run();
            }
        }, this::disarm);
    }

    SimContext context() {
        return context;
    }

    SimEvent due() {
        return due;
    }

    long deadlineNs() {
        return deadlineNs;
    }

    @Override
    public void armAt(long newDeadlineNs) {
        deadlineNs = newDeadlineNs;
        if (!closed) {
            clock.arm(this);
        }
    }

    @Override
    public void disarm() {
        clock.disarm(this);
    }

    @Override
    public void close() {
        closed = true;
        disarm();
    }
}
