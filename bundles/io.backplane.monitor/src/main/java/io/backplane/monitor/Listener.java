package io.backplane.monitor;

import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.TcpListener;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.hostio.posix.UnixSocket;

/** A listening socket of either family; nothing suspends. */
interface Listener {

    /** The descriptor to watch. */
    int fd();

    /** The next connection, or null if none waits. */
    UnixSocket accept() throws HostIoException;

    /** Stops listening. */
    void close();

    /** A unix socket. */
    static Listener of(UnixListener listener) {
        return new Listener() {
            @Override
            public int fd() {
                return listener.fd();
            }

            @Override
            public UnixSocket accept() throws HostIoException {
                return listener.accept();
            }

            @Override
            public void close() {
                listener.close();
            }
        };
    }

    /** A TCP socket. */
    static Listener of(TcpListener listener) {
        return new Listener() {
            @Override
            public int fd() {
                return listener.fd();
            }

            @Override
            public UnixSocket accept() throws HostIoException {
                return listener.accept();
            }

            @Override
            public void close() {
                listener.close();
            }
        };
    }
}
