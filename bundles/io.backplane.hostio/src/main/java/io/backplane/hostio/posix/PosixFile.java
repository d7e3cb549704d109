package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.aio.IoCode;
import io.backplane.aio.Suspends;
import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.Errno;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.memory.IoVector;
import io.backplane.sys.SysFile;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A host file whose calls block threads of a {@link BlockingPool}: the {@code threads} engine, and
 * the part of other engines their own mechanism does not do.
 */
public final class PosixFile implements HostFile {
    private static final int CALLS_KEPT = 64;
    private static final int CREATE_MODE = 0644;

    // Immutable
    private final BlockingPool pool;
    private final String path;
    private final boolean writable;
    private final int fd;
    private final FileKind kind;
    private final int alignment;

    // Any thread, under lock
    private final ReentrantLock lock = new ReentrantLock();
    private final FileCall[] kept = new FileCall[CALLS_KEPT];
    private int keptCount;

    private PosixFile(BlockingPool pool, String path, OpenFlags flags, int fd,
            SysFile.FileStatus status) {
        this.pool = pool;
        this.path = path;
        this.writable = flags.writable();
        this.fd = fd;
        this.kind = kindOf(status.mode());
        this.alignment = flags.direct() ? directAlignment(status) : 1;
    }

    /** Opens a file on a thread of {@code pool}. */
    @Suspends
    @IoCode
    public static PosixFile awaitOpen(BlockingPool pool, String path, OpenFlags flags)
            throws HostIoException {
        int bits = SysFile.O_NONBLOCK // a pipe must not hold the thread for ever
                | (flags.writable() ? SysFile.O_RDWR : SysFile.O_RDONLY)
                | (flags.direct() ? SysFile.O_DIRECT : 0)
                | (flags.create() ? SysFile.O_CREAT : 0)
                | (flags.truncate() ? SysFile.O_TRUNC : 0);
        int fd;
        do {
            FileCall call = new FileCall();
            call.open(path, bits, CREATE_MODE);
            fd = (int) pool.await(call);
        } while (fd == -Errno.EINTR);
        if (fd < 0) {
            throw Fds.failure(-fd, "open '" + path + "'");
        }
        SysFile.setNonBlocking(fd, false); // io_uring would take it as "fail rather than wait"
        return new PosixFile(pool, path, flags, fd, SysFile.status(fd));
    }

    private static FileKind kindOf(int mode) {
        return switch (mode & SysFile.S_IFMT) {
            case SysFile.S_IFREG -> FileKind.REGULAR;
            case SysFile.S_IFBLK -> FileKind.BLOCK_DEVICE;
            case SysFile.S_IFCHR -> FileKind.CHARACTER_DEVICE;
            default -> FileKind.OTHER;
        };
    }

    private int directAlignment(SysFile.FileStatus status) {
        int align = Math.max(status.directMemoryAlign(), status.directOffsetAlign());
        if (align == 0 && kind == FileKind.BLOCK_DEVICE) {
            align = SysFile.blockDeviceSectorBytes(fd);
        }
        return align > 0 ? align : 4096;
    }

    /** Whether its calls block threads of {@code other}. */
    @AnyThread
    public boolean runsOn(BlockingPool other) {
        return pool == other;
    }

    /** The descriptor, which stays this file's. */
    @AnyThread
    public int fd() {
        return fd;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public FileKind kind() {
        return kind;
    }

    @Override
    public int alignment() {
        return alignment;
    }

    private long await(int operation, IoVector iov, long from, long bytes, long offset, int flags) {
        FileCall call = takeCall();
        long result;
        do {
            call.set(operation, fd, iov, from, bytes, offset, flags);
            result = pool.await(call);
        } while (result == -Errno.EINTR);
        keepCall(call);
        return result;
    }

    private FileCall takeCall() {
        lock.lock();
        try {
            return keptCount > 0 ? kept[--keptCount] : new FileCall();
        } finally {
            lock.unlock();
        }
    }

    private void keepCall(FileCall call) {
        lock.lock();
        try {
            if (keptCount < CALLS_KEPT) {
                kept[keptCount++] = call;
            }
        } finally {
            lock.unlock();
        }
    }

    private long check(long result, String what) throws HostIoException {
        if (result < 0) {
            throw failure((int) -result, what);
        }
        return result;
    }

    /** The exception for a call on this file that failed. */
    @AnyThread
    public HostIoException failure(int errno, String what) {
        return Fds.failure(errno, what + " '" + path + "'");
    }

    @Override
    public long preadv(IoVector iov, long from, long bytes, long offset) throws HostIoException {
        return check(await(FileCall.READ, iov, from, bytes, offset, 0), "read");
    }

    @Override
    public long pwritev(IoVector iov, long from, long bytes, long offset, boolean fua)
            throws HostIoException {
        return check(await(FileCall.WRITE, iov, from, bytes, offset,
                fua ? SysFile.RWF_DSYNC : 0), "write");
    }

    @Override
    public void flush() throws HostIoException {
        check(await(FileCall.FLUSH, null, 0, 0, 0, 0), "fdatasync");
    }

    @Override
    public void allocate(AllocateMode mode, long offset, long bytes) throws HostIoException {
        check(await(FileCall.ALLOCATE, null, 0, bytes, offset, allocateFlags(mode)), "fallocate");
    }

    /** The flags of {@code fallocate} for a mode. */
    @AnyThread
    public static int allocateFlags(AllocateMode mode) {
        return switch (mode) {
            case RESERVE -> 0;
            case PUNCH_HOLE -> SysFile.FALLOC_FL_PUNCH_HOLE | SysFile.FALLOC_FL_KEEP_SIZE;
            case ZERO_RANGE -> SysFile.FALLOC_FL_ZERO_RANGE | SysFile.FALLOC_FL_KEEP_SIZE;
        };
    }

    @Override
    public void truncate(long length) throws HostIoException {
        check(await(FileCall.TRUNCATE, null, 0, 0, length, 0), "ftruncate");
    }

    @Override
    public long length() throws HostIoException {
        if (kind == FileKind.BLOCK_DEVICE) {
            return check(SysFile.blockDeviceBytes(fd), "size of");
        }
        return status().bytes();
    }

    @Override
    public long allocatedBytes() throws HostIoException {
        return kind == FileKind.BLOCK_DEVICE ? length() : status().allocatedBytes();
    }

    private SysFile.FileStatus status() throws HostIoException {
        SysFile.FileStatus status = SysFile.status(fd);
        if (status == null) {
            throw failure(Errno.EIO, "status of");
        }
        return status;
    }

    @Override
    public long seekData(long offset) throws HostIoException {
        long result = await(FileCall.SEEK, null, 0, 0, offset, SysFile.SEEK_DATA);
        return result == -Errno.ENXIO ? -1 : check(result, "lseek");
    }

    @Override
    public long seekHole(long offset) throws HostIoException {
        long result = await(FileCall.SEEK, null, 0, 0, offset, SysFile.SEEK_HOLE);
        return result == -Errno.ENXIO ? offset : check(result, "lseek");
    }

    @Override
    public boolean tryLock(long offset, long bytes, boolean exclusive) throws HostIoException {
        int result = SysFile.lock(fd, exclusive ? SysFile.F_WRLCK : SysFile.F_RDLCK, offset, bytes);
        if (result == -Errno.EAGAIN || result == -Errno.EACCES) {
            return false;
        }
        check(result, "lock");
        return true;
    }

    @Override
    public void unlock(long offset, long bytes) throws HostIoException {
        check(SysFile.lock(fd, SysFile.F_UNLCK, offset, bytes), "unlock");
    }

    @Override
    public boolean isLockedByOther(long offset, long bytes, boolean exclusive)
            throws HostIoException {
        int type = exclusive ? SysFile.F_WRLCK : SysFile.F_RDLCK;
        return check(SysFile.conflictingLock(fd, type, offset, bytes), "lock query of")
                != SysFile.F_UNLCK;
    }

    @Override
    public void close() {
        SysFile.close(fd);
    }
}
