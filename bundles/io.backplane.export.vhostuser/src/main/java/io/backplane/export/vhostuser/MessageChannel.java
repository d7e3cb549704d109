package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Suspends;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.UnixSocket;
import io.backplane.virtio.ViolationException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Whole messages over one connected socket. Main only; one coroutine reads and writes, and is
 * suspended meanwhile. It owns the socket. Descriptors come with the message they were sent with.
 */
final class MessageChannel implements AutoCloseable {
    /** Longest payload of any request that is known. */
    static final int PAYLOAD_BYTES_MAX = 512;

    // Immutable
    private final UnixSocket socket;
    private final FdHandler watch;
    private final MemorySegment buffer =
            Arena.ofAuto().allocate(MessageHeader.BYTES + PAYLOAD_BYTES_MAX, 8);
    private final MemorySegment headerBytes = buffer.asSlice(0, MessageHeader.BYTES);

    // Global state
    private Coroutine waiter;
    private boolean closed;

    /** Takes over {@code socket}. */
    MessageChannel(AioContext main, UnixSocket socket, String name) {
        this.socket = socket;
        this.watch = main.watch(socket.fd(), name, this::ready, this::ready);
        watch.watchWritable(false);
    }

    private void ready() {
        Coroutine waiting = waiter;
        if (waiting != null) {
            waiter = null;
            waiting.wake();
        }
    }

    @Suspends
    private void awaitReady() {
        waiter = Coroutine.current();
        Coroutine.suspend();
    }

    /** The next header; null at the end of the stream. */
    @Suspends
    MessageHeader awaitHeader() throws HostIoException, ViolationException {
        return awaitFill(0, MessageHeader.BYTES) ? MessageHeader.decode(headerBytes) : null;
    }

    /** The payload after a header, valid until the next message; at most the maximum. */
    @Suspends
    MemorySegment awaitPayload(long bytes) throws HostIoException, ViolationException {
        if (bytes > 0 && !awaitFill(MessageHeader.BYTES, bytes)) {
            throw new ViolationException("the connection ended inside a message");
        }
        return buffer.asSlice(MessageHeader.BYTES, bytes);
    }

    @Suspends
    private boolean awaitFill(long at, long bytes) throws HostIoException, ViolationException {
        long done = 0;
        while (done < bytes) {
            long n = receive(at + done, bytes - done);
            if (n == UnixSocket.WOULD_BLOCK) {
                awaitReady();
            } else if (n == 0) {
                if (done > 0) {
                    throw new ViolationException("the connection ended inside a message");
                }
                return false;
            } else {
                done += n;
            }
        }
        return true;
    }

    /** As the socket's; a peer that died with answers of ours unread has left, too. */
    private long receive(long at, long bytes) throws HostIoException {
        try {
            return socket.receive(buffer, at, bytes);
        } catch (HostIoException e) {
            if (e.errno() == Errno.ECONNRESET) {
                return 0;
            }
            throw e;
        }
    }

    /** Where the payload of the answer goes, before {@link #awaitReply}. */
    MemorySegment reply() {
        return buffer.asSlice(MessageHeader.BYTES);
    }

    /**
     * Answers with the first {@code bytes} of {@link #reply}, and descriptors or null. A peer that
     * has left meanwhile is no error: the next header is the end of the stream.
     */
    @Suspends
    void awaitReply(RequestCode code, long bytes, int[] fds) throws HostIoException {
        new MessageHeader(code.number(), MessageHeader.VERSION | MessageHeader.REPLY, bytes)
                .encode(headerBytes);
        long total = MessageHeader.BYTES + bytes;
        long done = 0;
        while (done < total) {
            long n = send(done, total - done, done == 0 ? fds : null);
            if (n == UnixSocket.WOULD_BLOCK) {
                watch.watchWritable(true);
                awaitReady();
                watch.watchWritable(false);
            } else {
                done += n;
            }
        }
    }

    private long send(long at, long bytes, int[] fds) throws HostIoException {
        try {
            return socket.send(buffer, at, bytes, fds);
        } catch (HostIoException e) {
            if (e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET) {
                return bytes;
            }
            throw e;
        }
    }

    /** Number of descriptors that came with the message. */
    int fdCount() {
        return socket.fdCount();
    }

    /** Whether descriptors of the message were lost. */
    boolean testAndClearFdsCut() {
        return socket.testAndClearFdsCut();
    }

    /** The next descriptor of the message, the caller's from now on; -1: none. */
    int takeFd() {
        return socket.takeFd();
    }

    /** Closes the descriptors nobody took. */
    void dropFds() {
        socket.dropFds();
    }

    /** Ends the conversation: the reader sees the end of the stream. */
    void shutdown() {
        if (!closed) {
            socket.shutdown();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            // Closing alone is not seen by the peer while a poll of the ring holds the file.
            socket.shutdown();
            watch.close();
            socket.close();
        }
    }
}
