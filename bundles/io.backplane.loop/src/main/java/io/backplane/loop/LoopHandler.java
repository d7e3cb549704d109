package io.backplane.loop;

import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import java.util.function.BooleanSupplier;

/** A watched descriptor: what to watch, so that it can move to another poller. Home only. */
final class LoopHandler implements FdHandler {
    // Immutable
    private final EventLoop loop;
    private final int fd;
    private final String name;
    private final Runnable readable;
    private final Runnable writable;
    final BooleanSupplier poll;

    // Home context only
    private FdHandler inner;
    private boolean writableOn;

    LoopHandler(EventLoop loop, int fd, String name, Runnable readable, Runnable writable,
            BooleanSupplier poll) {
        this.loop = loop;
        this.fd = fd;
        this.name = name;
        this.readable = readable;
        this.writable = writable;
        this.poll = poll;
        this.writableOn = writable != null;
    }

    void attach(Poller poller) {
        inner = poller.watch(fd, readable, writable);
        if (writable != null && !writableOn) {
            inner.watchWritable(false);
        }
    }

    void detach() {
        inner.close();
        inner = null;
    }

    /** Asks the user-space check, and runs the callback if it sees work. */
    boolean pollNow() {
        if (inner == null || !poll.getAsBoolean()) {
            return false; // closed by another that this poll has found before
        }
        readable.run();
        return true;
    }

    @Override
    public void watchWritable(boolean on) {
        loop.checkCurrent();
        if (writable == null) {
            throw new IllegalStateException("no callback for writability: " + name);
        }
        writableOn = on;
        inner.watchWritable(on);
    }

    @Override
    public void close() {
        loop.checkCurrent();
        if (inner != null) {
            detach();
            loop.forget(this);
        }
    }

    @Override
    public String toString() {
        return name + " (fd " + fd + ")";
    }
}
