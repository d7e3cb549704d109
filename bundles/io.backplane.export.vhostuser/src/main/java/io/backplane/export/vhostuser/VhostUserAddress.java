package io.backplane.export.vhostuser;

import io.backplane.block.BlockException;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.schema.Option;

/**
 * Where a vhost-user back-end listens: a unix socket by path, or one that this process inherited by
 * number.
 */
public record VhostUserAddress(
        @Option("how the socket is named") Type type,
        @Option(value = "path of the socket; for type unix", optional = true) String path,
        @Option(value = "number of a listening socket; for type fd", optional = true) String str) {
    private static final int BACKLOG = 8;

    /** How a socket is named. */
    public enum Type {
        /** By path. */
        UNIX,
        /** By descriptor number. */
        FD
    }

    /** Starts listening. */
    UnixListener listen() throws BlockException {
        try {
            if (type == Type.UNIX) {
                if (path == null) {
                    throw missing("path", "unix");
                }
                return UnixListener.listen(path, BACKLOG);
            }
            if (str == null) {
                throw missing("str", "fd");
            }
            return UnixListener.adopt(Integer.parseInt(str));
        } catch (NumberFormatException e) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "addr.str must be the number of a descriptor, but is '" + str + "'");
        } catch (HostIoException e) {
            BlockException.Kind kind = e.errno() == Errno.EADDRINUSE ? BlockException.Kind.BUSY
                    : BlockException.Kind.ofErrno(e.errno() == Errno.EPERM ? Errno.EACCES
                            : e.errno());
            throw new BlockException(kind, e.getMessage(), e);
        }
    }

    private static BlockException missing(String member, String kind) {
        return new BlockException(BlockException.Kind.INVALID,
                "Parameter 'addr." + member + "' is missing (addr.type is " + kind + ")");
    }

    /** For people: the path, or {@code fd:N}. */
    String text() {
        return type == Type.UNIX ? path : "fd:" + str;
    }
}
