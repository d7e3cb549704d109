package io.backplane.monitor;

import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.InheritedStream;
import io.backplane.hostio.posix.UnixSocket;
import java.lang.foreign.MemorySegment;

/** Bytes to and from one client; nothing suspends. */
interface Channel {

    /** The descriptor to watch for reading. */
    int inputFd();

    /** The descriptor to watch for writing. */
    int outputFd();

    /** Bytes received, 0 at the end, or {@link UnixSocket#WOULD_BLOCK}. */
    long receive(MemorySegment to) throws HostIoException;

    /** Bytes sent, or {@link UnixSocket#WOULD_BLOCK}. */
    long send(MemorySegment from, long bytes) throws HostIoException;

    /** Ends it; handlers are gone. */
    void close();

    /** A connection. */
    static Channel of(UnixSocket socket) {
        return new Channel() {
            @Override
            public int inputFd() {
                return socket.fd();
            }

            @Override
            public int outputFd() {
                return socket.fd();
            }

            @Override
            public long receive(MemorySegment to) throws HostIoException {
                long result = socket.receive(to, 0, to.byteSize());
                socket.dropFds(); // QMP here takes none
                return result;
            }

            @Override
            public long send(MemorySegment from, long bytes) throws HostIoException {
                return socket.send(from, 0, bytes, null);
            }

            @Override
            public void close() {
                socket.close();
            }
        };
    }

    /** Standard input and output. */
    static Channel of(InheritedStream input, InheritedStream output) {
        return new Channel() {
            @Override
            public int inputFd() {
                return input.fd();
            }

            @Override
            public int outputFd() {
                return output.fd();
            }

            @Override
            public long receive(MemorySegment to) throws HostIoException {
                return input.read(to, 0, to.byteSize());
            }

            @Override
            public long send(MemorySegment from, long bytes) throws HostIoException {
                return output.write(from, 0, bytes);
            }

            @Override
            public void close() {
                input.restore();
                output.restore();
            }
        };
    }
}
