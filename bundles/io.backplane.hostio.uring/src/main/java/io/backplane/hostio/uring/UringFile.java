package io.backplane.hostio.uring;

import io.backplane.aio.AioContext;
import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.Errno;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.BlockingPool;
import io.backplane.hostio.posix.PosixFile;
import io.backplane.memory.IoVector;
import io.backplane.sys.SysFile;

/** A host file whose transfers, syncs and allocations go through the submitter's ring. */
final class UringFile implements HostFile {
    // Immutable
    private final PosixFile posix;
    private final int fd;

    UringFile(PosixFile posix) {
        this.posix = posix;
        this.fd = posix.fd();
    }

    /** Whether what its ring does not do blocks threads of {@code pool}. */
    boolean runsOn(BlockingPool pool) {
        return posix.runsOn(pool);
    }

    /** The ring of the running context, or null if it waits with something else. */
    private static UringPoller ring() {
        return AioContext.current().poller() instanceof UringPoller ring ? ring : null;
    }

    private static boolean isToRepeat(long result) {
        return result == -Errno.EINTR || result == -Errno.EAGAIN;
    }

    private long check(long result, String what) throws HostIoException {
        if (result < 0) {
            throw posix.failure((int) -result, what);
        }
        return result;
    }

    @Override
    public long preadv(IoVector iov, long from, long bytes, long offset) throws HostIoException {
        long result;
        do {
            UringPoller ring = ring();
            if (ring == null) {
                return posix.preadv(iov, from, bytes, offset);
            }
            result = ring.awaitTransfer(false, fd, iov, from, bytes, offset, 0);
        } while (isToRepeat(result));
        return check(result, "read");
    }

    @Override
    public long pwritev(IoVector iov, long from, long bytes, long offset, boolean fua)
            throws HostIoException {
        long result;
        do {
            UringPoller ring = ring();
            if (ring == null) {
                return posix.pwritev(iov, from, bytes, offset, fua);
            }
            result = ring.awaitTransfer(true, fd, iov, from, bytes, offset,
                    fua ? SysFile.RWF_DSYNC : 0);
        } while (isToRepeat(result));
        return check(result, "write");
    }

    @Override
    public void flush() throws HostIoException {
        long result;
        do {
            UringPoller ring = ring();
            if (ring == null) {
                posix.flush();
                return;
            }
            result = ring.awaitDataSync(fd);
        } while (isToRepeat(result));
        check(result, "fdatasync");
    }

    @Override
    public void allocate(AllocateMode mode, long offset, long bytes) throws HostIoException {
        long result;
        do {
            UringPoller ring = ring();
            if (ring == null) {
                posix.allocate(mode, offset, bytes);
                return;
            }
            result = ring.awaitAllocate(fd, PosixFile.allocateFlags(mode), offset, bytes);
        } while (isToRepeat(result));
        check(result, "fallocate");
    }

    @Override
    public void truncate(long length) throws HostIoException {
        posix.truncate(length);
    }

    @Override
    public long length() throws HostIoException {
        return posix.length();
    }

    @Override
    public long allocatedBytes() throws HostIoException {
        return posix.allocatedBytes();
    }

    @Override
    public long seekData(long offset) throws HostIoException {
        return posix.seekData(offset);
    }

    @Override
    public long seekHole(long offset) throws HostIoException {
        return posix.seekHole(offset);
    }

    @Override
    public boolean tryLock(long offset, long bytes, boolean exclusive) throws HostIoException {
        return posix.tryLock(offset, bytes, exclusive);
    }

    @Override
    public void unlock(long offset, long bytes) throws HostIoException {
        posix.unlock(offset, bytes);
    }

    @Override
    public boolean isLockedByOther(long offset, long bytes, boolean exclusive)
            throws HostIoException {
        return posix.isLockedByOther(offset, bytes, exclusive);
    }

    @Override
    public String path() {
        return posix.path();
    }

    @Override
    public boolean writable() {
        return posix.writable();
    }

    @Override
    public FileKind kind() {
        return posix.kind();
    }

    @Override
    public int alignment() {
        return posix.alignment();
    }

    @Override
    public void close() {
        posix.close();
    }
}
