package io.backplane.export.vhostuser;

import io.backplane.block.BlockException;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.virtio.transport.SocketAddress;

/** Makes listening sockets of addresses. */
final class Listening {
    private static final int BACKLOG = 8;

    private Listening() {
    }

    /** Starts listening. */
    static UnixListener listen(SocketAddress address) throws BlockException {
        try {
            if (address.type() == SocketAddress.Type.UNIX) {
                if (address.path() == null) {
                    throw missing("path", "unix");
                }
                return UnixListener.listen(address.path(), BACKLOG);
            }
            if (address.str() == null) {
                throw missing("str", "fd");
            }
            return UnixListener.adopt(Integer.parseInt(address.str()));
        } catch (NumberFormatException e) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "addr.str must be the number of a descriptor, but is '" + address.str()
                    + "'");
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
}
