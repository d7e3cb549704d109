package io.backplane.sim;

import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;

/** What a {@link SimContext} shows as its poller; the world does the waiting. */
final class SimPoller implements Poller {
    @Override
    public String mechanism() {
        return "sim";
    }

    @Override
    public FdHandler watch(int fd, Runnable readable, Runnable writable) {
        throw new UnsupportedOperationException("no descriptors in a simulated world");
    }

    @Override
    public int poll(long timeoutNs) {
        throw new UnsupportedOperationException("the world waits");
    }

    @Override
    public boolean hasWork() {
        return false;
    }

    @Override
    public void wake() {
        // the world sees every event
    }

    @Override
    public void close() {
        // nothing to free
    }
}
