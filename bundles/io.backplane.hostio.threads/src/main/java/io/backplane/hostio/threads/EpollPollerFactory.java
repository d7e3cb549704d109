package io.backplane.hostio.threads;

import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysEvent;

/** Makes epoll pollers. */
public final class EpollPollerFactory implements PollerFactory {

    /** A factory without state. */
    public EpollPollerFactory() {
    }

    @Override
    public String mechanism() {
        return EpollPoller.MECHANISM;
    }

    @Override
    public Poller open() throws HostIoException {
        int epoll = SysEvent.epollCreate();
        if (epoll < 0) {
            throw new HostIoException(-epoll, "epoll_create1: " + Errno.text(-epoll));
        }
        return new EpollPoller(epoll);
    }
}
