package io.backplane.monitor;

import io.backplane.aio.Coroutine;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Suspends;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.UnixSocket;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;

/** What is still to be sent to one client. Main only. */
final class Output {
    /** Above this a session executes no further command until the client has read. */
    private static final int BUSY_BYTES = 1 << 20;

    // Immutable
    private final Channel channel;
    private final MemorySegment buffer;

    // Main only
    private final ArrayDeque<byte[]> pending = new ArrayDeque<>();
    private int sentOfFirst;
    private long pendingBytes;
    private FdHandler handler;
    private boolean ownsHandler;
    private Coroutine waiter;
    private boolean broken;

    /** @param buffer native memory for the transfer, used only within a call */
    Output(Channel channel, MemorySegment buffer) {
        this.channel = channel;
        this.buffer = buffer;
    }

    /** The connection's handler, which tells when there is room. */
    void share(FdHandler both) {
        handler = both;
    }

    /** A handler for output alone, closed with it. */
    void own(FdHandler alone) {
        handler = alone;
        ownsHandler = true;
    }

    long pendingBytes() {
        return pendingBytes;
    }

    boolean isEmpty() {
        return pendingBytes == 0;
    }

    void add(byte[] bytes) {
        if (!broken) {
            pending.addLast(bytes);
            pendingBytes += bytes.length;
            flush();
        }
    }

    /** Sends what the client takes now. */
    void flush() {
        try {
            while (!pending.isEmpty()) {
                byte[] first = pending.peekFirst();
                int bytes = (int) Math.min(first.length - sentOfFirst, buffer.byteSize());
                MemorySegment.copy(first, sentOfFirst, buffer, ValueLayout.JAVA_BYTE, 0, bytes);
                long sent = channel.send(buffer, bytes);
                if (sent == UnixSocket.WOULD_BLOCK) {
                    break;
                }
                pendingBytes -= sent;
                sentOfFirst += (int) sent;
                if (sentOfFirst == first.length) {
                    pending.pollFirst();
                    sentOfFirst = 0;
                }
            }
        } catch (HostIoException e) {
            drop(); // the reader sees the end of the connection
        }
        if (handler != null) {
            handler.watchWritable(!pending.isEmpty());
        }
        if (waiter != null && pendingBytes < BUSY_BYTES) {
            Coroutine woken = waiter;
            waiter = null;
            woken.wake();
        }
    }

    /** Suspends while the client is far behind. */
    @Suspends
    void awaitRoom() {
        while (pendingBytes >= BUSY_BYTES) {
            waiter = Coroutine.current();
            Coroutine.suspend();
        }
    }

    private void drop() {
        broken = true;
        pending.clear();
        pendingBytes = 0;
        sentOfFirst = 0;
    }

    void close() {
        drop();
        if (ownsHandler) {
            handler.close();
        }
        handler = null;
        if (waiter != null) {
            waiter.wake();
            waiter = null;
        }
    }
}
