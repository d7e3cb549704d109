package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.aio.EventNotifier;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysEvent;
import io.backplane.sys.SysFile;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An event notifier in the kernel. It owns its descriptor, but an adopted one shares its open file,
 * and with it the non-blocking flag, with the peer. So a peer that fills the count can make
 * {@link #set} block; {@link #releaseStuck} is for whoever watches over the thread that signals.
 */
public final class EventFd implements EventNotifier {
    private static final VarHandle BEGUN = counter("setsBegun");
    private static final VarHandle ENDED = counter("setsEnded");

    // Immutable
    private final int fd;

    // Whoever signals writes, one thread at a time; any thread reads
    private int setsBegun;
    private int setsEnded;

    // Whoever watches
    private int begunAtLastLook;

    private static VarHandle counter(String field) {
        try {
            return MethodHandles.lookup().findVarHandle(EventFd.class, field, int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private EventFd(int fd) {
        this.fd = fd;
    }

    /** A new one, not signalled. */
    @AnyThread
    public static EventFd create() throws HostIoException {
        return new EventFd(Fds.check(SysEvent.eventfd(), "eventfd"));
    }

    /**
     * Takes over a descriptor that a peer sent, as it is; only {@link #set} makes sense on one
     * that blocks.
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
        return new EventFd(fd);
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public void set() {
        BEGUN.setOpaque(this, setsBegun + 1);
        SysEvent.eventfdSet(fd); // a full count (EAGAIN) is a signal already
        ENDED.setOpaque(this, setsBegun);
    }

    /**
     * To be called now and then: a {@link #set} that was under way at the last call and still is
     * gets the room it waits for, and the descriptor no longer blocks from then on.
     *
     * @return whether there was one: the peer abuses its eventfd
     */
    @AnyThread
    public boolean releaseStuck() {
        int begun = (int) BEGUN.getOpaque(this);
        boolean stuck = begun == begunAtLastLook && begun != (int) ENDED.getOpaque(this);
        begunAtLastLook = begun;
        if (stuck) {
            neverBlock();
            SysEvent.eventfdClear(fd);
        }
        return stuck;
    }

    /** Makes the open file non-blocking, for the peer as well. */
    @AnyThread
    public void neverBlock() {
        SysFile.setNonBlocking(fd, true);
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
