package io.backplane.monitor;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Suspends;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.TcpListener;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.hostio.posix.UnixSocket;
import java.net.Inet4Address;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listening socket with one client at a time; the next ones wait in the kernel's queue. */
final class SocketChardev implements Chardev {
    private static final Logger LOG = LoggerFactory.getLogger(SocketChardev.class);
    private static final int BACKLOG = 16;

    // Immutable
    private final String id;
    private final String address;
    private final Listener listener;
    private final FdHandler handler;
    private final AioWait connected = new AioWait(null);

    // Main only
    private Consumer<Channel> monitor;
    private Channel waiting;
    private boolean hasClient;
    private boolean closed;

    private SocketChardev(AioContext main, String id, String address, Listener listener) {
        this.id = id;
        this.address = address;
        this.listener = listener;
        this.handler = main.watch(listener.fd(), "chardev " + id, this::accept, null);
    }

    /** Listens on a unix socket that only its owner may use; a dead one is replaced. */
    static SocketChardev listen(AioContext main, String id, String path) throws HostIoException {
        UnixListener listener = UnixListener.listenPrivately(path, BACKLOG);
        return new SocketChardev(main, id, "unix:" + path, Listener.of(listener));
    }

    /** Listens on a TCP port; whoever reaches the address may use it. */
    static SocketChardev listen(AioContext main, String id, Inet4Address host, int port)
            throws HostIoException {
        TcpListener listener = TcpListener.listen(host, port, BACKLOG);
        return new SocketChardev(main, id, "tcp:" + host.getHostAddress() + ":"
                + listener.port(), Listener.of(listener));
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String address() {
        return address;
    }

    private void accept() {
        if (hasClient || closed) {
            return;
        }
        try {
            UnixSocket socket = listener.accept();
            if (socket == null) {
                return;
            }
            hasClient = true;
            waiting = Channel.of(socket);
            handOut();
            connected.kick();
        } catch (HostIoException e) {
            LOG.warn("chardev {}: {}", id, e.getMessage());
        }
    }

    private void handOut() {
        if (monitor != null && waiting != null) {
            Channel channel = waiting;
            waiting = null;
            monitor.accept(channel);
        }
    }

    @Override
    public void attach(Consumer<Channel> newMonitor) {
        monitor = newMonitor;
        handOut();
    }

    @Override
    public boolean isAttached() {
        return monitor != null;
    }

    @Override
    public void released() {
        hasClient = false;
        accept();
    }

    /** Suspends until the first client has connected. */
    @Suspends
    void awaitClient() {
        connected.awaitWhile(() -> !hasClient && !closed);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        handler.close();
        listener.close();
        if (waiting != null) {
            waiting.close();
        }
        connected.kick();
    }
}
