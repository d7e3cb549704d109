package io.backplane.graph;

import io.backplane.aio.CoMutex;
import io.backplane.aio.GraphWrlock;

/** The right to edit the graph; main only. */
@GraphWrlock
final class GraphWriteSection implements AutoCloseable {
    private final GraphLock lock;
    private final CoMutex.Held held;

    GraphWriteSection(GraphLock lock, CoMutex.Held held) {
        this.lock = lock;
        this.held = held;
    }

    @Override
    public void close() {
        lock.endWrite(held);
    }
}
