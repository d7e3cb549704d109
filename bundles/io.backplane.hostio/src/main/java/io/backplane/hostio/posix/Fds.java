package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Raw descriptors, as they come in messages. Nothing here suspends. */
public final class Fds {
    private static final String EVENTFD_LINK = "anon_inode:[eventfd]";

    private Fds() {
    }

    /** Closes a descriptor; -1 is ignored. */
    @AnyThread
    public static void close(int fd) {
        if (fd >= 0) {
            SysFile.close(fd);
        }
    }

    /** A second descriptor of the same open file, which the caller owns. */
    @AnyThread
    public static int dup(int fd) throws HostIoException {
        return check(SysFile.dup(fd), "dup of descriptor " + fd);
    }

    /**
     * Whether it is an eventfd. A peer may send anything in the place of one, and writing to a
     * pipe or a terminal could stall a loop.
     */
    @AnyThread
    public static boolean isEventFd(int fd) {
        return EVENTFD_LINK.equals(link(fd));
    }

    /** Whether it is a socket. */
    @AnyThread
    public static boolean isSocket(int fd) {
        return link(fd).startsWith("socket:");
    }

    /** What {@code /proc} says a descriptor is, for messages; empty if it is not open. */
    @AnyThread
    public static String link(int fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        } catch (IOException e) {
            return "";
        }
    }

    static int check(int result, String what) throws HostIoException {
        if (result < 0) {
            throw failure(-result, what);
        }
        return result;
    }

    static HostIoException failure(int errno, String what) {
        return new HostIoException(errno, what + ": " + Errno.text(errno));
    }
}
