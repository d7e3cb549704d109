package io.backplane.hostio.posix;

import io.backplane.memory.IoVector;
import io.backplane.sys.SysFile;
import java.lang.foreign.MemorySegment;

/** One blocking call on a file; pooled by its file. */
final class FileCall extends BlockingPool.Call {
    static final int READ = 0;
    static final int WRITE = 1;
    static final int FLUSH = 2;
    static final int ALLOCATE = 3;
    static final int TRUNCATE = 4;
    static final int SEEK = 5;
    static final int OPEN = 6;

    // The submitter, then the pool thread, then the submitter again
    private int operation;
    private int fd;
    private IoVector iov;
    private long from;
    private long bytes;
    private long offset;
    private int flags;
    private String path;

    /** @param offset or length ({@link #TRUNCATE}) */
    void set(int newOperation, int newFd, IoVector newIov, long newFrom, long newBytes,
            long newOffset, int newFlags) {
        operation = newOperation;
        fd = newFd;
        iov = newIov;
        from = newFrom;
        bytes = newBytes;
        offset = newOffset;
        flags = newFlags;
    }

    void open(String newPath, int newFlags, int mode) {
        set(OPEN, mode, null, 0, 0, 0, newFlags);
        path = newPath;
    }

    @Override
    protected long run(MemorySegment scratch) {
        switch (operation) {
            case READ, WRITE:
                int count = Iovecs.fill(iov, from, bytes, scratch, Iovecs.COUNT_MAX);
                iov = null;
                return operation == READ ? SysFile.preadv2(fd, scratch, count, offset, flags)
                        : SysFile.pwritev2(fd, scratch, count, offset, flags);
            case FLUSH:
                return SysFile.fdatasync(fd);
            case ALLOCATE:
                return SysFile.fallocate(fd, flags, offset, bytes);
            case TRUNCATE:
                return SysFile.ftruncate(fd, offset);
            case SEEK:
                return SysFile.lseek(fd, offset, flags);
            case OPEN:
                return SysFile.open(path, flags, fd);
            default:
                throw new AssertionError(operation);
        }
    }
}
