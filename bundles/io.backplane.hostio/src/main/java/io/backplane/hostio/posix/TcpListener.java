package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysFile;
import io.backplane.sys.SysSocket;
import java.net.Inet4Address;

/**
 * A listening TCP socket over IPv4, non-blocking: watch {@link #fd} for reading and then
 * {@link #accept} until it returns null. It owns its descriptor.
 */
public final class TcpListener implements AutoCloseable {
    // Immutable
    private final int fd;
    private final int port;

    private TcpListener(int fd, int port) {
        this.fd = fd;
        this.port = port;
    }

    /** Listens; port 0 takes any free one. */
    @AnyThread
    public static TcpListener listen(Inet4Address host, int port, int backlog)
            throws HostIoException {
        int fd = Fds.check(SysSocket.inetStream(), "socket");
        int result = SysSocket.bindInet(fd, host.getAddress(), port);
        if (result == 0) {
            result = SysSocket.listen(fd, backlog);
        }
        if (result < 0) {
            SysFile.close(fd);
            throw Fds.failure(-result, "listen on " + host.getHostAddress() + ":" + port);
        }
        return new TcpListener(fd, SysSocket.inetPort(fd));
    }

    /** The descriptor to watch. */
    @AnyThread
    public int fd() {
        return fd;
    }

    /** The port it listens on. */
    @AnyThread
    public int port() {
        return port;
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
        return UnixSocket.adopt(Fds.check(peer, "accept on port " + port));
    }

    @Override
    @AnyThread
    public void close() {
        SysFile.close(fd);
    }
}
