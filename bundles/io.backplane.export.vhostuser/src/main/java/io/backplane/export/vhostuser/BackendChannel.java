package io.backplane.export.vhostuser;

import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.UnixSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Requests of ours to the front-end; vhost-user protocol, "Back-end message types". Main only. None
 * asks for an acknowledgement, so nothing is ever read from it.
 */
final class BackendChannel implements AutoCloseable {
    private static final int CONFIG_CHANGE_MSG = 2;

    // Immutable
    private final UnixSocket socket;
    private final MemorySegment buffer = Arena.ofAuto().allocate(MessageHeader.BYTES, 8);

    /** Takes over {@code socket}. */
    BackendChannel(UnixSocket socket) {
        this.socket = socket;
    }

    /** Says that configuration space has changed; false if the front-end does not listen. */
    boolean configChanged() {
        new MessageHeader(CONFIG_CHANGE_MSG, MessageHeader.VERSION, 0).encode(buffer);
        try {
            return socket.send(buffer, 0, MessageHeader.BYTES, null) == MessageHeader.BYTES;
        } catch (HostIoException e) {
            return false;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
