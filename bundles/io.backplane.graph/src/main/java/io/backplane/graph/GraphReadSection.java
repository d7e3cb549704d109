package io.backplane.graph;

/** The right to walk the graph; may be closed in another context than it was taken in. */
final class GraphReadSection implements AutoCloseable {
    private final GraphLock lock;

    GraphReadSection(GraphLock lock) {
        this.lock = lock;
    }

    @Override
    public void close() {
        lock.leave();
    }
}
