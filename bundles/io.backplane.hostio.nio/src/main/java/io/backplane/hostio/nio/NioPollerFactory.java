package io.backplane.hostio.nio;

import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;

/** Makes pollers that park their thread; they watch no descriptors. */
public final class NioPollerFactory implements PollerFactory {

    /** A factory without state. */
    public NioPollerFactory() {
    }

    @Override
    public String mechanism() {
        return NioPoller.MECHANISM;
    }

    @Override
    public Poller open() {
        return new NioPoller(Thread.currentThread());
    }
}
