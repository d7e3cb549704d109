package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysFile;

/** An anonymous file in memory that can be shared by descriptor. It owns its descriptor. */
public final class MemFd implements AutoCloseable {
    // Immutable
    private final int fd;
    private final long bytes;

    private MemFd(int fd, long bytes) {
        this.fd = fd;
        this.bytes = bytes;
    }

    /**
     * A new one full of zeroes.
     *
     * @param name for {@code /proc}, no meaning
     * @param sealed seal it against shrinking and growing, as a peer that maps it demands
     */
    @AnyThread
    public static MemFd create(String name, long bytes, boolean sealed) throws HostIoException {
        int fd = Fds.check(SysFile.memfd(name), "memfd_create " + name);
        int result = SysFile.ftruncate(fd, bytes);
        if (result == 0 && sealed) {
            result = SysFile.addSeals(fd, SysFile.F_SEAL_SHRINK | SysFile.F_SEAL_GROW
                    | SysFile.F_SEAL_SEAL);
        }
        if (result < 0) {
            SysFile.close(fd);
            throw Fds.failure(-result, "memfd " + name + " of " + bytes + " bytes");
        }
        return new MemFd(fd, bytes);
    }

    /** The descriptor. */
    @AnyThread
    public int fd() {
        return fd;
    }

    /** The length in bytes. */
    @AnyThread
    public long bytes() {
        return bytes;
    }

    @Override
    @AnyThread
    public void close() {
        SysFile.close(fd);
    }
}
