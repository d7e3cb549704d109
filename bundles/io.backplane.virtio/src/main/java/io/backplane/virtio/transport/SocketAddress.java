package io.backplane.virtio.transport;

import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** A listening unix socket, by path, or by number if this process inherited it. */
@Name("VhostUserSocketAddress")
public record SocketAddress(
        @Option("how the socket is named") Type type,
        @Option(value = "path of the socket; for type unix", optional = true) String path,
        @Option(value = "number of a listening socket; for type fd", optional = true) String str) {

    /** How a socket is named. */
    @Name("VhostUserSocketAddressType")
    public enum Type {
        /** By path. */
        UNIX,
        /** By descriptor number. */
        FD
    }

    /** For people: the path, or {@code fd:N}. */
    public String text() {
        return type == Type.UNIX ? path : "fd:" + str;
    }
}
