package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.aio.EventNotifier;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysEvent;
import io.backplane.sys.SysFile;

/** An event notifier in the kernel. It owns its descriptor. */
public final class EventFd implements EventNotifier {
    // Immutable
    private final int fd;

    private EventFd(int fd) {
        this.fd = fd;
    }

    /** A new one, not signalled. */
    @AnyThread
    public static EventFd create() throws HostIoException {
        return new EventFd(Fds.check(SysEvent.eventfd(), "eventfd"));
    }

    /**
     * Takes over a descriptor that a peer sent, and makes it non-blocking.
     *
     * @throws HostIoException with EINVAL if it is no eventfd; the descriptor is then still the
     *     caller's
     */
    @AnyThread
    public static EventFd adopt(int fd) throws HostIoException {
        if (!Fds.isEventFd(fd)) {
            throw new HostIoException(Errno.EINVAL, "descriptor " + fd
                    + " is no eventfd but '" + Fds.link(fd) + "'");
        }
        Fds.check(SysFile.setNonBlocking(fd, true), "fcntl of an eventfd");
        return new EventFd(fd);
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public void set() {
        SysEvent.eventfdSet(fd); // a full count (EAGAIN) is a signal already
    }

    @Override
    public boolean testAndClear() {
        return SysEvent.eventfdClear(fd) > 0;
    }

    @Override
    public void close() {
        SysFile.close(fd);
    }
}
