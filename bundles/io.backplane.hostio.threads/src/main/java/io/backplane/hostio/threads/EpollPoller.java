package io.backplane.hostio.threads;

import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.EventFd;
import io.backplane.sys.SysEvent;
import io.backplane.sys.SysFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Waits with an edge-triggered epoll set. Event data is (generation << 32 | index) of a watch, so
 * that an event of a watch that was closed meanwhile is recognised. The wake eventfd is one more
 * edge and is never read.
 */
final class EpollPoller implements Poller {
    static final String MECHANISM = "epoll";
    private static final int EVENTS_PER_POLL = 256;
    private static final long WAKE = -1;

    // Immutable
    private final int epoll;
    private final EventFd wake;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(SysEvent.eventBytes(EVENTS_PER_POLL), 8);

    // Owner
    private Watch[] watches = new Watch[16];
    private int generation;
    private boolean closed;

    EpollPoller(int epoll) throws HostIoException {
        this.epoll = epoll;
        try {
            wake = EventFd.create();
        } catch (HostIoException e) {
            SysFile.close(epoll);
            throw e;
        }
        control(SysEvent.EPOLL_CTL_ADD, wake.fd(), SysEvent.IN | SysEvent.EDGE, WAKE);
    }

    private void control(int operation, int fd, int events, long data) {
        int result = SysEvent.epollControl(epoll, operation, fd, events, data);
        if (result < 0) {
            throw new UncheckedIOException(new HostIoException(-result,
                    "epoll_ctl on descriptor " + fd + ": " + Errno.text(-result)));
        }
    }

    @Override
    public String mechanism() {
        return MECHANISM;
    }

    @Override
    public FdHandler watch(int fd, Runnable readable, Runnable writable) {
        int index = 0;
        while (index < watches.length && watches[index] != null) {
            index++;
        }
        if (index == watches.length) {
            watches = Arrays.copyOf(watches, index * 2);
        }
        Watch watch = new Watch(fd, index, generation++, readable, writable);
        control(SysEvent.EPOLL_CTL_ADD, fd, watch.interest(), watch.data());
        watches[index] = watch;
        return watch;
    }

    @Override
    public int poll(long timeoutNs) {
        int count = SysEvent.epollWait(epoll, buffer, EVENTS_PER_POLL, timeoutNs);
        if (count < 0 && count != -Errno.EINTR) {
            throw new IllegalStateException("epoll_wait: " + Errno.text(-count));
        }
        int ran = 0;
        for (int i = 0; i < count; i++) {
            long data = SysEvent.data(buffer, i);
            if (data == WAKE) {
                continue;
            }
            Watch watch = watches[(int) data];
            if (watch != null && watch.data() == data) {
                watch.run(SysEvent.events(buffer, i));
                ran++;
            }
        }
        return ran;
    }

    @Override
    public boolean hasWork() {
        return false; // only the kernel knows
    }

    @Override
    public void wake() {
        wake.set();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            SysFile.close(epoll);
            wake.close();
            arena.close();
        }
    }

    /** One watched descriptor. */
    private final class Watch implements FdHandler {
        private final int fd;
        private final int index;
        private final int generation;
        private final Runnable readable;
        private final Runnable writable;
        private boolean writableOn;
        private boolean gone;

        Watch(int fd, int index, int generation, Runnable readable, Runnable writable) {
            this.fd = fd;
            this.index = index;
            this.generation = generation & Integer.MAX_VALUE;
            this.readable = readable;
            this.writable = writable;
            this.writableOn = writable != null;
        }

        long data() {
            return (long) generation << 32 | index;
        }

        int interest() {
            return SysEvent.EDGE | (readable != null ? SysEvent.IN | SysEvent.RDHUP : 0)
                    | (writableOn ? SysEvent.OUT : 0);
        }

        void run(int events) {
            int failed = SysEvent.ERR | SysEvent.HUP;
            if (readable != null
                    && (events & (SysEvent.IN | SysEvent.RDHUP | failed)) != 0) {
                readable.run();
            }
            if (!gone && writableOn && (events & (SysEvent.OUT | failed)) != 0) {
                writable.run();
            }
        }

        @Override
        public void watchWritable(boolean on) {
            if (on != writableOn && !gone) {
                writableOn = on;
                control(SysEvent.EPOLL_CTL_MOD, fd, interest(), data());
            }
        }

        @Override
        public void close() {
            if (!gone && !closed) {
                gone = true;
                watches[index] = null;
                SysEvent.epollControl(epoll, SysEvent.EPOLL_CTL_DEL, fd, 0, 0);
            }
        }
    }
}
