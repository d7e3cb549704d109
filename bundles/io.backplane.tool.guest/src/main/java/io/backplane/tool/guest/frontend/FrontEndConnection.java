package io.backplane.tool.guest.frontend;

import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.Fds;
import io.backplane.hostio.posix.UnixSocket;
import io.backplane.sys.SysEvent;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;

/**
 * The front-end's end of one vhost-user connection: sends requests, waits for replies and
 * acknowledgements. One thread at a time; calls block it up to the reply time-out.
 */
public final class FrontEndConnection implements AutoCloseable {
    private static final long REPLY_TIMEOUT_NS = 20_000_000_000L;
    private static final long RETRY_NS = 5_000_000L;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

    // Immutable
    private final UnixSocket socket;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment out = arena.allocate(
            VhostRequest.HEADER_BYTES + VhostRequest.PAYLOAD_BYTES_MAX, 8);
    private final MemorySegment in = arena.allocate(
            VhostRequest.HEADER_BYTES + VhostRequest.PAYLOAD_BYTES_MAX, 8);

    // The one user
    private boolean replyAck;

    private FrontEndConnection(UnixSocket socket) {
        this.socket = socket;
    }

    /** Connects to a back-end's socket, trying again until {@code timeoutNs} is over. */
    public static FrontEndConnection connect(String path, long timeoutNs) throws IOException {
        long end = System.nanoTime() + timeoutNs;
        while (true) {
            try {
                return new FrontEndConnection(UnixSocket.connect(path));
            } catch (HostIoException e) {
                if (System.nanoTime() - end >= 0) {
                    throw e;
                }
                LockSupport.parkNanos(RETRY_NS);
            }
        }
    }

    /** Takes over a connected socket. */
    public static FrontEndConnection over(UnixSocket socket) {
        return new FrontEndConnection(socket);
    }

    /** Descriptor to watch for the end of the connection. */
    public int fd() {
        return socket.fd();
    }

    /** From now on requests without a reply of their own ask for an acknowledgement. */
    public void useReplyAck(boolean use) {
        replyAck = use;
    }

    /** Where the payload of the next request is laid out. */
    public MemorySegment payload() {
        return out.asSlice(VhostRequest.HEADER_BYTES);
    }

    /** The payload of the last reply. */
    public MemorySegment reply() {
        return in.asSlice(VhostRequest.HEADER_BYTES);
    }

    /** Sends a request with {@code bytes} of payload and waits for its reply; the reply's bytes. */
    public int call(int request, int bytes, int... fds) throws IOException {
        post(request, 0, bytes, fds);
        return receiveReply(request);
    }

    /** The descriptor that came with the last reply, or -1; the caller owns it. */
    public int takeFd() {
        return socket.takeFd();
    }

    /** A request without payload that is answered by one u64. */
    public long getU64(int request) throws IOException {
        int bytes = call(request, 0);
        if (bytes != 8) {
            throw new FrontEndException("reply to request " + request + " has " + bytes
                    + " bytes, not 8");
        }
        return reply().get(U64, 0);
    }

    /** A request with one u64. */
    public void setU64(int request, long value) throws IOException {
        payload().set(U64, 0, value);
        set(request, 8);
    }

    /** A request with {@code struct vhost_vring_state}: index and number. */
    public void setVring(int request, int index, int number) throws IOException {
        payload().set(U32, 0, index);
        payload().set(U32, 4, number);
        set(request, 8);
    }

    /**
     * Sends a request that has no reply of its own, and waits for the acknowledgement if that is
     * negotiated.
     *
     * @throws FrontEndException if the back-end says no
     */
    public void set(int request, int bytes, int... fds) throws IOException {
        post(request, replyAck ? VhostRequest.FLAG_NEED_REPLY : 0, bytes, fds);
        if (replyAck) {
            int size = receiveReply(request);
            long value = size == 8 ? reply().get(U64, 0) : -1;
            if (value != 0) {
                throw new FrontEndException("request " + request + " was refused ("
                        + size + " bytes, value " + value + ")");
            }
        }
    }

    /** Sends a request and does not look for an answer. */
    public void post(int request, int flags, int bytes, int... fds) throws IOException {
        out.set(U32, 0, request);
        out.set(U32, 4, VhostRequest.FLAG_VERSION | flags);
        out.set(U32, 8, bytes);
        sendRaw(out.asSlice(0, (long) VhostRequest.HEADER_BYTES + bytes), fds);
    }

    /** Sends bytes as they are, for tests of a back-end's manners. */
    public void sendRaw(MemorySegment bytes, int... fds) throws IOException {
        long at = 0;
        while (at < bytes.byteSize()) {
            long sent = socket.send(bytes, at, bytes.byteSize() - at,
                    at == 0 && fds.length > 0 ? fds : null);
            if (sent == UnixSocket.WOULD_BLOCK) {
                awaitSocket(SysEvent.OUT);
            } else {
                at += sent;
            }
        }
    }

    private int receiveReply(int request) throws IOException {
        receiveAll(0, VhostRequest.HEADER_BYTES);
        int answered = in.get(U32, 0);
        int flags = in.get(U32, 4);
        long size = in.get(U32, 8) & 0xffffffffL;
        if (answered != request || (flags & VhostRequest.FLAG_REPLY) == 0
                || size > VhostRequest.PAYLOAD_BYTES_MAX) {
            throw new FrontEndException("request " + request + " was answered by message "
                    + answered + ", flags " + Integer.toHexString(flags) + ", size " + size);
        }
        receiveAll(VhostRequest.HEADER_BYTES, (int) size);
        return (int) size;
    }

    private void receiveAll(int offset, int bytes) throws IOException {
        int at = 0;
        while (at < bytes) {
            long got = socket.receive(in, (long) offset + at, (long) bytes - at);
            if (got == UnixSocket.WOULD_BLOCK) {
                awaitSocket(SysEvent.IN);
            } else if (got == 0) {
                throw new FrontEndException("the back-end closed the connection");
            } else {
                at += (int) got;
            }
        }
    }

    private void awaitSocket(int events) throws IOException {
        int seen = SysEvent.poll(socket.fd(), events, REPLY_TIMEOUT_NS);
        if (seen == 0) {
            throw new FrontEndException("no answer from the back-end for "
                    + REPLY_TIMEOUT_NS / 1_000_000_000L + " s");
        }
        if (seen < 0 && seen != -Errno.EINTR) {
            throw new HostIoException(-seen, "poll: " + Errno.text(-seen));
        }
    }

    /**
     * Takes one request of the back-end (on the back-end channel) if one is there.
     *
     * @return its number, 0: none, -1: the peer is gone
     */
    public int pollRequest() throws IOException {
        long got;
        try {
            got = socket.receive(in, 0, VhostRequest.HEADER_BYTES);
        } catch (HostIoException e) {
            return -1;
        }
        if (got == UnixSocket.WOULD_BLOCK) {
            return 0;
        }
        if (got == 0) {
            return -1;
        }
        receiveAll((int) got, VhostRequest.HEADER_BYTES - (int) got);
        int request = in.get(U32, 0);
        int flags = in.get(U32, 4);
        int size = in.get(U32, 8);
        if (size < 0 || size > VhostRequest.PAYLOAD_BYTES_MAX) {
            throw new FrontEndException("request " + request + " of the back-end has size " + size);
        }
        receiveAll(VhostRequest.HEADER_BYTES, size);
        while (socket.fdCount() > 0) {
            Fds.close(socket.takeFd());
        }
        if ((flags & VhostRequest.FLAG_NEED_REPLY) != 0) {
            payload().set(U64, 0, 0);
            post(request, VhostRequest.FLAG_REPLY, 8);
        }
        return request;
    }

    /** Whether the peer is still there; for a connection nobody is waiting on. */
    public boolean isAlive() {
        return (SysEvent.poll(socket.fd(), SysEvent.RDHUP, 0)
                & (SysEvent.HUP | SysEvent.ERR | SysEvent.RDHUP)) == 0;
    }

    @Override
    public void close() {
        socket.close();
        arena.close();
    }
}
