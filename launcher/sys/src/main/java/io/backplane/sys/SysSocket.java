package io.backplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * System calls on stream sockets, of the unix family unless said otherwise. All sockets are non-blocking. Results are
 * values or negative errnos. Any thread; nothing blocks.
 */
public final class SysSocket {
    /** {@link #recvmsg}: received descriptors are close-on-exec. */
    public static final int MSG_CMSG_CLOEXEC = 0x40000000;
    /** Never block. */
    public static final int MSG_DONTWAIT = 0x40;
    /** Fail with EPIPE instead of a signal. */
    public static final int MSG_NOSIGNAL = 0x4000;
    /** In the flags of a received message: ancillary data was cut. */
    public static final int MSG_CTRUNC = 8;
    /** Level and type of a control message that carries descriptors. */
    public static final int SOL_SOCKET = 1;
    /** See {@link #SOL_SOCKET}. */
    public static final int SCM_RIGHTS = 1;
    /** Longest path of a unix socket, in bytes. */
    public static final int PATH_BYTES_MAX = 107;

    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int INET_ADDRESS_BYTES = 16;
    private static final int STREAM = 1 | 0x80000 | 0x800;
    private static final int SO_REUSEADDR = 2;
    private static final int SHUT_RDWR = 2;

    private SysSocket() {
    }

    /** A new unix stream socket. */
    public static int unixStream() {
        return (int) SystemCall.invoke(Numbers.SOCKET, AF_UNIX, STREAM, 0);
    }

    /** A connected pair: first in the low 32 bits, second in the high ones; or a negative errno. */
    public static long pair() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fds = arena.allocate(8, 8);
            long result = SystemCall.invoke(Numbers.SOCKETPAIR, AF_UNIX, STREAM, 0, fds.address());
            return result < 0 ? result : fds.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /**
     * Binds to a path, which must not exist; -ENAMETOOLONG beyond {@link #PATH_BYTES_MAX}, -EINVAL
     * if it is empty or has a NUL in it.
     */
    public static int bind(int fd, String path) {
        return withAddress(Numbers.BIND, fd, path);
    }

    /** Connects to a path; -EAGAIN: the queue of the listener is full. */
    public static int connect(int fd, String path) {
        return withAddress(Numbers.CONNECT, fd, path);
    }

    private static int withAddress(int number, int fd, String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > PATH_BYTES_MAX) {
            return -36; // ENAMETOOLONG
        }
        if (path.isEmpty() || path.indexOf('\0') >= 0) {
            return -22; // EINVAL: the kernel would choose an address, or cut this one
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(110, 8);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, 2, bytes.length);
            return (int) SystemCall.invoke(number, fd, address.address(), 3L + bytes.length);
        }
    }

    /** A new IPv4 stream socket whose address may have been in use a moment ago. */
    public static int inetStream() {
        int fd = (int) SystemCall.invoke(Numbers.SOCKET, AF_INET, STREAM, 0);
        if (fd >= 0) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment on = arena.allocate(4, 4);
                on.set(ValueLayout.JAVA_INT, 0, 1);
                SystemCall.invoke(Numbers.SETSOCKOPT, fd, SOL_SOCKET, SO_REUSEADDR, on.address(),
                        4, 0);
            }
        }
        return fd;
    }

    /**
     * Binds an IPv4 socket.
     *
     * @param host the address, 4 bytes in network order
     * @param port 0: any free one
     */
    public static int bindInet(int fd, byte[] host, int port) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(INET_ADDRESS_BYTES, 8);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET);
            address.set(ValueLayout.JAVA_BYTE, 2, (byte) (port >>> 8));
            address.set(ValueLayout.JAVA_BYTE, 3, (byte) port);
            MemorySegment.copy(host, 0, address, ValueLayout.JAVA_BYTE, 4, 4);
            return (int) SystemCall.invoke(Numbers.BIND, fd, address.address(),
                    INET_ADDRESS_BYTES);
        }
    }

    /** The port an IPv4 socket is bound to, or a negative errno. */
    public static int inetPort(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(INET_ADDRESS_BYTES + 8, 8);
            address.set(ValueLayout.JAVA_INT, INET_ADDRESS_BYTES, INET_ADDRESS_BYTES);
            long result = SystemCall.invoke(Numbers.GETSOCKNAME, fd, address.address(),
                    address.address() + INET_ADDRESS_BYTES);
            return result < 0 ? (int) result : (address.get(ValueLayout.JAVA_BYTE, 2) & 0xff) << 8
                    | address.get(ValueLayout.JAVA_BYTE, 3) & 0xff;
        }
    }

    /** Starts listening. */
    public static int listen(int fd, int backlog) {
        return (int) SystemCall.invoke(Numbers.LISTEN, fd, backlog);
    }

    /** Takes a connection; the new socket is non-blocking. */
    public static int accept(int fd) {
        return (int) SystemCall.invoke(Numbers.ACCEPT4, fd, 0, 0, 0x80000 | 0x800);
    }

    /** {@code sendmsg} with a {@code struct msghdr} the caller laid out. */
    public static long sendmsg(int fd, MemorySegment header, int flags) {
        return SystemCall.invoke(Numbers.SENDMSG, fd, header.address(), flags);
    }

    /** {@code recvmsg} with a {@code struct msghdr} the caller laid out. */
    public static long recvmsg(int fd, MemorySegment header, int flags) {
        return SystemCall.invoke(Numbers.RECVMSG, fd, header.address(), flags);
    }

    /** Ends both directions; the peer sees the end of the stream. */
    public static int shutdown(int fd) {
        return (int) SystemCall.invoke(Numbers.SHUTDOWN, fd, SHUT_RDWR);
    }
}
