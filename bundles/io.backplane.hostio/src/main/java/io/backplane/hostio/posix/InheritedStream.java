package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysFile;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A pipe, terminal or file that the process was started with, such as standard input; it does not
 * own its descriptor. Nothing suspends; one user at a time.
 */
public final class InheritedStream {
    private final int fd;

    private InheritedStream(int fd) {
        this.fd = fd;
    }

    /** Makes the descriptor's open file non-blocking, for whoever else has it too. */
    @AnyThread
    public static InheritedStream of(int fd) throws HostIoException {
        Fds.check(SysFile.setNonBlocking(fd, true), "fcntl of descriptor " + fd);
        return new InheritedStream(fd);
    }

    /** Makes it blocking again, as it was found. */
    @AnyThread
    public void restore() {
        SysFile.setNonBlocking(fd, false);
    }

    /** The descriptor to watch. */
    @AnyThread
    public int fd() {
        return fd;
    }

    /**
     * Reads what is there.
     *
     * @return bytes read, 0 at the end, or {@link UnixSocket#WOULD_BLOCK}
     */
    @AnyThread
    public long read(MemorySegment to, long offset, long bytes) throws HostIoException {
        Objects.checkFromIndexSize(offset, bytes, to.byteSize());
        long result;
        do {
            result = SysFile.read(fd, to.asSlice(offset, bytes), bytes);
        } while (result == -Errno.EINTR);
        return checked(result, "read");
    }

    /**
     * Writes what fits.
     *
     * @return bytes written, or {@link UnixSocket#WOULD_BLOCK}
     */
    @AnyThread
    public long write(MemorySegment from, long offset, long bytes) throws HostIoException {
        Objects.checkFromIndexSize(offset, bytes, from.byteSize());
        long result;
        do {
            result = SysFile.write(fd, from.asSlice(offset, bytes), bytes);
        } while (result == -Errno.EINTR);
        return checked(result, "write");
    }

    private long checked(long result, String what) throws HostIoException {
        if (result == -Errno.EAGAIN) {
            return UnixSocket.WOULD_BLOCK;
        }
        if (result < 0) {
            throw Fds.failure((int) -result, what + " on descriptor " + fd);
        }
        return result;
    }
}
