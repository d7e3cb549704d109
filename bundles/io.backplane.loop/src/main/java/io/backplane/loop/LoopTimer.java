package io.backplane.loop;

import io.backplane.aio.AioTimer;

/** A timer; its state lives in {@link TimerHeap}, under its lock. */
final class LoopTimer implements AioTimer {
    // Immutable
    private final EventLoop loop;
    private final String name;
    final Runnable callback;
    final boolean periodic;

    // Under the lock of the heap
    long deadlineNs;
    long order;
    int index = -1;
    boolean closed;

    LoopTimer(EventLoop loop, String name, Runnable callback, boolean periodic) {
        this.loop = loop;
        this.name = name;
        this.callback = callback;
        this.periodic = periodic;
    }

    @Override
    public void armAt(long newDeadlineNs) {
        loop.arm(this, newDeadlineNs);
    }

    @Override
    public void disarm() {
        loop.timers().disarm(this, false);
    }

    @Override
    public void close() {
        loop.timers().disarm(this, true);
    }

    @Override
    public String toString() {
        return name;
    }
}
