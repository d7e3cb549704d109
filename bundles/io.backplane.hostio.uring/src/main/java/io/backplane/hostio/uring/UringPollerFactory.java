package io.backplane.hostio.uring;

import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;
import io.backplane.hostio.HostIoException;

/** Makes io_uring pollers. */
public final class UringPollerFactory implements PollerFactory {

    /** A factory without state. */
    public UringPollerFactory() {
    }

    @Override
    public String mechanism() {
        return UringPoller.MECHANISM;
    }

    @Override
    public Poller open() throws HostIoException {
        return UringPoller.open();
    }
}
