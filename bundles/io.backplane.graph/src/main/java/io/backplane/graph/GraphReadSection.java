package io.backplane.graph;

import io.backplane.aio.Coroutine;
import io.backplane.aio.GraphRdlock;

/** The right to walk the graph; may be closed in another context than it was taken in. */
@GraphRdlock
final class GraphReadSection implements AutoCloseable {
    private final GraphLock lock;
    private final Coroutine reader;

    GraphReadSection(GraphLock lock, Coroutine reader) {
        this.lock = lock;
        this.reader = reader;
    }

    /** Who has it, or null. */
    Coroutine reader() {
        return reader;
    }

    @Override
    public void close() {
        lock.leave(this);
    }
}
