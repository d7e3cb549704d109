package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.block.backend.BlockDevOps;

/** Somebody attached to a backend that counts what it is told. */
class FakeDevice implements BlockDevOps {
    int begins;
    int ends;
    int resizes;
    volatile boolean polls;
    boolean refuses;
    AioContext context;

    @Override
    public void drainedBegin() {
        begins++;
    }

    @Override
    public boolean drainedPoll() {
        return polls;
    }

    @Override
    public void drainedEnd() {
        ends++;
    }

    @Override
    public void resized() {
        resizes++;
    }

    @Override
    public boolean allowsContext(AioContext target) {
        return !refuses;
    }

    @Override
    public void contextChanged(AioContext target) {
        context = target;
    }
}
