package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysFile;
import io.backplane.sys.SysSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A listening unix stream socket, non-blocking: watch {@link #fd} for reading and then
 * {@link #accept} until it returns null. It owns descriptor and path.
 */
public final class UnixListener implements AutoCloseable {
    // Immutable
    private final int fd;
    private final String path;

    private UnixListener(int fd, String path) {
        this.fd = fd;
        this.path = path;
    }

    /** Listens on {@code path}; a socket left there by a dead process is replaced. */
    @AnyThread
    public static UnixListener listen(String path, int backlog) throws HostIoException {
        int fd = Fds.check(SysSocket.unixStream(), "socket");
        int result = SysSocket.bind(fd, path);
        if (result == -98 && isAbandoned(path)) { // EADDRINUSE
            try {
                Files.deleteIfExists(Path.of(path));
            } catch (IOException e) {
                SysFile.close(fd);
                throw new HostIoException(Errno.EACCES, "unlink of " + path + ": " + e);
            }
            result = SysSocket.bind(fd, path);
        }
        if (result == 0) {
            result = SysSocket.listen(fd, backlog);
        }
        if (result < 0) {
            SysFile.close(fd);
            throw Fds.failure(-result, "listen on unix socket " + path);
        }
        return new UnixListener(fd, path);
    }

    private static boolean isAbandoned(String path) {
        int probe = SysSocket.unixStream();
        int result = SysSocket.connect(probe, path);
        SysFile.close(probe);
        return result == -111; // ECONNREFUSED: a socket, and nobody listens
    }

    /**
     * Takes over a listening socket, such as one passed by a service manager; its path stays when
     * it is closed.
     */
    @AnyThread
    public static UnixListener adopt(int fd) throws HostIoException {
        Fds.check(SysFile.setNonBlocking(fd, true), "fcntl of a socket");
        return new UnixListener(fd, null);
    }

    /** The descriptor to watch. */
    @AnyThread
    public int fd() {
        return fd;
    }

    /** The next connection, or null if none waits. */
    @AnyThread
    public UnixSocket accept() throws HostIoException {
        int peer;
        do {
            peer = SysSocket.accept(fd);
        } while (peer == -Errno.EINTR || peer == -103); // ECONNABORTED: look for the next
        if (peer == -Errno.EAGAIN) {
            return null;
        }
        return UnixSocket.adopt(Fds.check(peer, "accept on " + path));
    }

    @Override
    @AnyThread
    public void close() {
        SysFile.close(fd);
        if (path != null) {
            try {
                Files.deleteIfExists(Path.of(path));
            } catch (IOException e) {
                // somebody else owns the path by now
            }
        }
    }
}
