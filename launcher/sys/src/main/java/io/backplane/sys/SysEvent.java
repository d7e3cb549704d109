package io.backplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * System calls that wait and wake: eventfd, epoll, poll. Results are values or negative errnos.
 * Any thread; the waiting calls block it.
 */
public final class SysEvent {
    /** Readable. */
    public static final int IN = 1;
    /** Writable. */
    public static final int OUT = 4;
    /** Error; always reported. */
    public static final int ERR = 8;
    /** Hang-up; always reported. */
    public static final int HUP = 0x10;
    /** The peer closed its writing half. */
    public static final int RDHUP = 0x2000;
    /** Report changes, not levels. */
    public static final int EDGE = 1 << 31;

    /** {@link #epollControl}: add. */
    public static final int EPOLL_CTL_ADD = 1;
    /** {@link #epollControl}: remove. */
    public static final int EPOLL_CTL_DEL = 2;
    /** {@link #epollControl}: change. */
    public static final int EPOLL_CTL_MOD = 3;

    private static final int CLOEXEC = 0x80000;
    private static final int NONBLOCK = 0x800;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    /** The eight bytes an eventfd is written with. */
    private static final MemorySegment ONE = Arena.global().allocateFrom(
            ValueLayout.JAVA_LONG, 1L);
    /** Where the counts of eventfds are read to; nobody looks at them. */
    private static final MemorySegment COUNT = Arena.global().allocate(8, 8);

    private SysEvent() {
    }

    /** A non-blocking eventfd with count 0. */
    public static int eventfd() {
        return (int) SystemCall.invoke(Numbers.EVENTFD2, 0, CLOEXEC | NONBLOCK);
    }

    /** Adds one; -EAGAIN if the count is full, which is as good. */
    public static int eventfdSet(int fd) {
        return (int) SystemCall.invoke(Numbers.WRITE, fd, ONE.address(), 8);
    }

    /** Sets the count to zero; 8 if it was more, -EAGAIN if it was zero. */
    public static int eventfdClear(int fd) {
        return (int) SystemCall.invoke(Numbers.READ, fd, COUNT.address(), 8);
    }

    /** A new epoll set. */
    public static int epollCreate() {
        return (int) SystemCall.invoke(Numbers.EPOLL_CREATE1, CLOEXEC);
    }

    /** Changes the interest in {@code fd}; {@code data} comes back with its events. */
    public static int epollControl(int epoll, int operation, int fd, int events, long data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(16, 8);
            event.set(ValueLayout.JAVA_INT, 0, events);
            event.set(LONG, Numbers.EPOLL_DATA_OFFSET, data);
            return (int) SystemCall.invoke(Numbers.EPOLL_CTL, epoll, operation, fd,
                    event.address());
        }
    }

    /** Bytes that {@code capacity} events take up in the buffer of {@link #epollWait}. */
    public static long eventBytes(int capacity) {
        return 16 + (long) capacity * Numbers.EPOLL_EVENT_BYTES;
    }

    /**
     * Waits for events.
     *
     * @param buffer {@link #eventBytes} bytes; the first 16 are scratch
     * @param timeoutNs -1: for ever
     * @return number of events
     */
    public static int epollWait(int epoll, MemorySegment buffer, int capacity, long timeoutNs) {
        java.util.Objects.checkFromIndexSize(0, eventBytes(capacity), buffer.byteSize());
        long events = buffer.address() + 16;
        if (timeoutNs <= 0) {
            return (int) SystemCall.invoke(Numbers.EPOLL_PWAIT, epoll, events, capacity,
                    timeoutNs == 0 ? 0 : -1, 0, 8);
        }
        buffer.set(LONG, 0, timeoutNs / 1_000_000_000L);
        buffer.set(LONG, 8, timeoutNs % 1_000_000_000L);
        int result = (int) SystemCall.invoke(Numbers.EPOLL_PWAIT2, epoll, events, capacity,
                buffer.address(), 0, 8);
        if (result != -38) { // ENOSYS before Linux 5.11: milliseconds must do, rounded up
            return result;
        }
        return (int) SystemCall.invoke(Numbers.EPOLL_PWAIT, epoll, events, capacity,
                Math.min(Integer.MAX_VALUE, timeoutNs / 1_000_000 + 1), 0, 8);
    }

    /** Events of element {@code index} after {@link #epollWait}. */
    public static int events(MemorySegment buffer, int index) {
        return buffer.get(ValueLayout.JAVA_INT_UNALIGNED,
                16 + (long) index * Numbers.EPOLL_EVENT_BYTES);
    }

    /** Data of element {@code index} after {@link #epollWait}. */
    public static long data(MemorySegment buffer, int index) {
        return buffer.get(LONG, 16 + (long) index * Numbers.EPOLL_EVENT_BYTES
                + Numbers.EPOLL_DATA_OFFSET);
    }

    /**
     * Waits for one descriptor.
     *
     * @param timeoutNs -1: for ever
     * @return the events seen, 0 at a time-out
     */
    public static int poll(int fd, int events, long timeoutNs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(24, 8);
            pollfd.set(ValueLayout.JAVA_INT, 0, fd);
            pollfd.set(ValueLayout.JAVA_SHORT, 4, (short) events);
            if (timeoutNs >= 0) {
                pollfd.set(LONG, 8, timeoutNs / 1_000_000_000L);
                pollfd.set(LONG, 16, timeoutNs % 1_000_000_000L);
            }
            long result = SystemCall.invoke(Numbers.PPOLL, pollfd.address(), 1,
                    timeoutNs < 0 ? 0 : pollfd.address() + 8, 0, 8, 0);
            return result < 0 ? (int) result : pollfd.get(ValueLayout.JAVA_SHORT, 6) & 0xffff;
        }
    }
}
