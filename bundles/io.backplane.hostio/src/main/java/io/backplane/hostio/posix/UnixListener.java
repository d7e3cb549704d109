package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysFile;
import io.backplane.sys.SysSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A listening unix stream socket, non-blocking: watch {@link #fd} for reading and then
 * {@link #accept} until it returns null. It owns descriptor and path.
 */
public final class UnixListener implements AutoCloseable {
    private static final int MODE_TYPE = 0170000;
    private static final int MODE_SOCKET = 0140000;
    private static final int MODE_PRIVATE = 0600;

    // Immutable
    private final int fd;
    private final String path;
    private final Object inode;

    private UnixListener(int fd, String path, Object inode) {
        this.fd = fd;
        this.path = path;
        this.inode = inode;
    }

    /**
     * Listens on {@code path}; a socket left there by a dead process is replaced, and nothing else
     * is.
     */
    @AnyThread
    public static UnixListener listen(String path, int backlog) throws HostIoException {
        return listen(path, backlog, Fds.check(SysSocket.unixStream(), "socket"));
    }

    /** As {@link #listen}, but only the owner of this process can ever connect. */
    @AnyThread
    public static UnixListener listenPrivately(String path, int backlog) throws HostIoException {
        int fd = Fds.check(SysSocket.unixStream(), "socket");
        Fds.check(SysFile.fchmod(fd, MODE_PRIVATE), "fchmod of a socket");
        return listen(path, backlog, fd);
    }

    private static UnixListener listen(String path, int backlog, int fd) throws HostIoException {
        int result = SysSocket.bind(fd, path);
        if (result == -Errno.EADDRINUSE && isAbandoned(path)) {
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
        return new UnixListener(fd, path, inode(path));
    }

    /** Whether it is a socket nobody listens on; connecting to a plain file is refused as well. */
    private static boolean isAbandoned(String path) {
        if (!isSocket(path)) {
            return false;
        }
        int probe = SysSocket.unixStream();
        int result = SysSocket.connect(probe, path);
        SysFile.close(probe);
        return result == -Errno.ECONNREFUSED;
    }

    private static boolean isSocket(String path) {
        try {
            int mode = (int) Files.getAttribute(Path.of(path), "unix:mode",
                    LinkOption.NOFOLLOW_LINKS);
            return (mode & MODE_TYPE) == MODE_SOCKET;
        } catch (IOException e) {
            return false;
        }
    }

    private static Object inode(String path) {
        try {
            return Files.readAttributes(Path.of(path), BasicFileAttributes.class,
                    LinkOption.NOFOLLOW_LINKS).fileKey();
        } catch (IOException e) {
            return null; // gone already
        }
    }

    /**
     * Takes over a listening socket, such as one passed by a service manager; its path stays when
     * it is closed.
     *
     * @throws HostIoException if it is not open or no socket; it stays the caller's
     */
    @AnyThread
    public static UnixListener adopt(int fd) throws HostIoException {
        if (!Fds.isSocket(fd)) {
            throw Fds.failure(Errno.ENOTSOCK, "listen on descriptor " + fd);
        }
        Fds.check(SysFile.setNonBlocking(fd, true), "fcntl of a socket");
        return new UnixListener(fd, null, null);
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
        } while (peer == -Errno.EINTR || peer == -Errno.ECONNABORTED); // look for the next
        if (peer == -Errno.EAGAIN) {
            return null;
        }
        return UnixSocket.adopt(Fds.check(peer, "accept on " + path));
    }

    /** Stops listening, and removes the path unless somebody else has taken it. */
    @Override
    @AnyThread
    public void close() {
        SysFile.close(fd);
        if (inode != null && inode.equals(inode(path))) {
            try {
                Files.deleteIfExists(Path.of(path));
            } catch (IOException e) {
                // a folder that became read-only keeps a socket that the next one replaces
            }
        }
    }
}
