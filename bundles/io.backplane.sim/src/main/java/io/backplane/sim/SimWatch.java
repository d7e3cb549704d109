package io.backplane.sim;

import io.backplane.aio.FdHandler;

/** A watched {@link SimNotifier}. */
final class SimWatch implements FdHandler {
    private final SimContext context;
    private final SimNotifier notifier;
    private final SimEvent notice;
    private boolean due;
    private boolean closed;

    SimWatch(SimContext context, SimNotifier notifier, String title, Runnable signalled) {
        this.context = context;
        this.notifier = notifier;
        notice = context.onLoop("notice " + title, () -> {
            if (!closed) {
                signalled.run();
            }
        }, () -> due = false);
        notifier.add(this);
    }

    void signal() {
        due = true;
    }

    boolean isDue() {
        return due;
    }

    SimEvent notice() {
        return notice;
    }

    @Override
    public void watchWritable(boolean on) {
        throw new UnsupportedOperationException("a notifier is not writable");
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            due = false;
            notifier.remove(this);
            context.forget(this);
        }
    }
}
