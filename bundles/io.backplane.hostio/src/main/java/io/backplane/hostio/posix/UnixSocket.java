package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.memory.IoVector;
import io.backplane.sys.SysFile;
import io.backplane.sys.SysSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A connected stream socket, non-blocking; of the unix family, it can carry descriptors
 * (SCM_RIGHTS).
 *
 * <p>One user at a time (the context that watches it). A call that cannot go on returns
 * {@link #WOULD_BLOCK}: watch {@link #fd} and try again. Received descriptors wait in a list until
 * taken; those nobody took are closed with the socket or by {@link #dropFds}. Nothing suspends.
 *
 * <pre>
 * native block:  0 msghdr (56) | 64 control (CONTROL_BYTES) | iovecs (IOVEC_COUNT x 16)
 * msghdr:        0 name | 8 namelen | 16 iov | 24 iovlen | 32 control | 40 controllen | 48 flags
 * cmsghdr:       0 len | 8 level | 12 type | 16 descriptors
 * </pre>
 */
public final class UnixSocket implements AutoCloseable {
    /** The kernel would have to wait. */
    public static final long WOULD_BLOCK = -1;
    /** Most descriptors a message may carry here; more are closed and reported. */
    public static final int FDS_MAX = 253;

    private static final int CMSG_HEADER_BYTES = 16;
    private static final int CONTROL_BYTES = 1088;
    private static final int IOVEC_COUNT = 64;
    private static final long CONTROL = 64;
    private static final long IOVECS = CONTROL + CONTROL_BYTES;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    // Immutable
    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment block =
            arena.allocate(IOVECS + IOVEC_COUNT * Iovecs.ELEMENT_BYTES, 64);
    private final MemorySegment iovecs = block.asSlice(IOVECS);

    // The one user
    private final int[] received = new int[FDS_MAX];
    private int receivedCount;
    private boolean fdsCut;
    private boolean closed;

    private UnixSocket(int fd) {
        this.fd = fd;
        block.set(LONG, 16, iovecs.address());
    }

    /** Takes over a connected socket and makes it non-blocking. */
    @AnyThread
    public static UnixSocket adopt(int fd) throws HostIoException {
        Fds.check(SysFile.setNonBlocking(fd, true), "fcntl of a socket");
        return new UnixSocket(fd);
    }

    /** Connects to a listener; a full queue of its is EAGAIN, to be tried again later. */
    @AnyThread
    public static UnixSocket connect(String path) throws HostIoException {
        int fd = Fds.check(SysSocket.unixStream(), "socket");
        int result = SysSocket.connect(fd, path);
        if (result < 0) {
            SysFile.close(fd);
            throw Fds.failure(-result, "connect to unix socket " + path);
        }
        return new UnixSocket(fd);
    }

    /** Two sockets connected to each other. */
    @AnyThread
    public static UnixSocket[] pair() throws HostIoException {
        long pair = SysSocket.pair();
        if (pair < 0) {
            throw Fds.failure((int) -pair, "socketpair");
        }
        return new UnixSocket[] {new UnixSocket((int) pair), new UnixSocket((int) (pair >>> 32))};
    }

    /** The descriptor to watch. */
    @AnyThread
    public int fd() {
        return fd;
    }

    /**
     * Receives what is there into [{@code offset}, {@code offset + bytes}) of {@code to}; the
     * descriptors that came with it join the list.
     *
     * @return bytes received, 0 at the end of the stream, or {@link #WOULD_BLOCK}
     */
    @AnyThread
    public long receive(MemorySegment to, long offset, long bytes) throws HostIoException {
        Objects.checkFromIndexSize(offset, bytes, to.byteSize());
        iovecs.set(LONG, 0, to.address() + offset);
        iovecs.set(LONG, 8, bytes);
        block.set(LONG, 24, 1);
        block.set(LONG, 32, block.address() + CONTROL);
        block.set(LONG, 40, CONTROL_BYTES);
        block.set(INT, 48, 0);
        long result;
        do {
            result = SysSocket.recvmsg(fd, block,
                    SysSocket.MSG_CMSG_CLOEXEC | SysSocket.MSG_DONTWAIT);
        } while (result == -Errno.EINTR);
        if (result == -Errno.EAGAIN) {
            return WOULD_BLOCK;
        }
        if (result < 0) {
            throw Fds.failure((int) -result, "receive");
        }
        collectFds();
        return result;
    }

    private void collectFds() {
        if ((block.get(INT, 48) & SysSocket.MSG_CTRUNC) != 0) {
            fdsCut = true;
        }
        long end = Math.min(block.get(LONG, 40), CONTROL_BYTES);
        long at = 0;
        while (at + CMSG_HEADER_BYTES <= end) {
            long length = block.get(LONG, CONTROL + at);
            if (length < CMSG_HEADER_BYTES || length > end - at) {
                return;
            }
            if (block.get(INT, CONTROL + at + 8) == SysSocket.SOL_SOCKET
                    && block.get(INT, CONTROL + at + 12) == SysSocket.SCM_RIGHTS) {
                for (long i = CMSG_HEADER_BYTES; i + 4 <= length; i += 4) {
                    keepFd(block.get(INT, CONTROL + at + i));
                }
            }
            at += length + 7 & -8L;
        }
    }

    private void keepFd(int one) {
        if (receivedCount == FDS_MAX) {
            fdsCut = true;
            SysFile.close(one);
        } else {
            received[receivedCount++] = one;
        }
    }

    /** Number of received descriptors not yet taken. */
    @AnyThread
    public int fdCount() {
        return receivedCount;
    }

    /** Takes the oldest received descriptor, which the caller then owns; -1: none. */
    @AnyThread
    public int takeFd() {
        if (receivedCount == 0) {
            return -1;
        }
        int first = received[0];
        System.arraycopy(received, 1, received, 0, --receivedCount);
        return first;
    }

    /** Closes the received descriptors nobody took. */
    @AnyThread
    public void dropFds() {
        while (receivedCount > 0) {
            SysFile.close(received[--receivedCount]);
        }
    }

    /** Whether descriptors were lost since the last call, by their number or by our limit. */
    @AnyThread
    public boolean testAndClearFdsCut() {
        boolean was = fdsCut;
        fdsCut = false;
        return was;
    }

    /**
     * Sends from [{@code offset}, {@code offset + bytes}) of {@code from}; the descriptors go with
     * the first byte, so if the result is short send the rest without them.
     *
     * @param fds descriptors to pass, which stay the caller's; null: none
     * @return bytes sent, or {@link #WOULD_BLOCK}
     */
    @AnyThread
    public long send(MemorySegment from, long offset, long bytes, int[] fds)
            throws HostIoException {
        Objects.checkFromIndexSize(offset, bytes, from.byteSize());
        iovecs.set(LONG, 0, from.address() + offset);
        iovecs.set(LONG, 8, bytes);
        return send(1, fds);
    }

    /** Sends from the window [{@code from}, {@code from + bytes}) of {@code iov}. */
    @AnyThread
    public long send(IoVector iov, long from, long bytes) throws HostIoException {
        return send(Iovecs.fill(iov, from, bytes, iovecs, IOVEC_COUNT), null);
    }

    private long send(int iovecCount, int[] fds) throws HostIoException {
        int count = fds == null ? 0 : fds.length;
        Objects.checkIndex(count, FDS_MAX + 1);
        block.set(LONG, 24, iovecCount);
        if (count == 0) {
            block.set(LONG, 32, 0);
            block.set(LONG, 40, 0);
        } else {
            long length = CMSG_HEADER_BYTES + 4L * count;
            block.set(LONG, 32, block.address() + CONTROL);
            block.set(LONG, 40, length + 7 & -8L);
            block.set(LONG, CONTROL, length);
            block.set(INT, CONTROL + 8, SysSocket.SOL_SOCKET);
            block.set(INT, CONTROL + 12, SysSocket.SCM_RIGHTS);
            for (int i = 0; i < count; i++) {
                block.set(INT, CONTROL + CMSG_HEADER_BYTES + 4L * i, fds[i]);
            }
        }
        long result;
        do {
            result = SysSocket.sendmsg(fd, block,
                    SysSocket.MSG_NOSIGNAL | SysSocket.MSG_DONTWAIT);
        } while (result == -Errno.EINTR);
        if (result == -Errno.EAGAIN) {
            return WOULD_BLOCK;
        }
        if (result < 0) {
            throw Fds.failure((int) -result, "send");
        }
        return result;
    }

    /** Ends both directions, so that whoever reads sees the end; the descriptor stays open. */
    @AnyThread
    public void shutdown() {
        SysSocket.shutdown(fd);
    }

    /** Closes it and the descriptors nobody took; handlers must be gone. A second call is void. */
    @Override
    @AnyThread
    public void close() {
        if (!closed) {
            closed = true;
            dropFds();
            SysFile.close(fd);
            arena.close();
        }
    }
}
