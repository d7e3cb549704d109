package io.backplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * System calls on files and descriptors. Every method returns the result or the negative errno;
 * none throws for what the kernel refuses, none repeats after EINTR, all set close-on-exec. Any
 * thread may call; some block the thread, as the kernel does.
 */
public final class SysFile {
    /** Open read-only. */
    public static final int O_RDONLY = 0;
    /** Open read-write. */
    public static final int O_RDWR = 2;
    /** Create if missing. */
    public static final int O_CREAT = 0x40;
    /** Cut to zero length. */
    public static final int O_TRUNC = 0x200;
    /** Do not block. */
    public static final int O_NONBLOCK = 0x800;
    /** Bypass the page cache. */
    public static final int O_DIRECT = Numbers.O_DIRECT;
    private static final int O_CLOEXEC = 0x80000;

    /** Data stable at return, of one write. */
    public static final int RWF_DSYNC = 2;

    /** {@link #fallocate}: do not change the length. */
    public static final int FALLOC_FL_KEEP_SIZE = 1;
    /** {@link #fallocate}: release storage. */
    public static final int FALLOC_FL_PUNCH_HOLE = 2;
    /** {@link #fallocate}: read as zeroes. */
    public static final int FALLOC_FL_ZERO_RANGE = 0x10;

    /** {@link #lseek} whence: the end. */
    public static final int SEEK_END = 2;
    /** {@link #lseek} whence: data at or after. */
    public static final int SEEK_DATA = 3;
    /** {@link #lseek} whence: hole at or after. */
    public static final int SEEK_HOLE = 4;

    /** {@link #lock} type: shared. */
    public static final int F_RDLCK = 0;
    /** {@link #lock} type: exclusive. */
    public static final int F_WRLCK = 1;
    /** {@link #lock} type: none. */
    public static final int F_UNLCK = 2;

    /** {@link #seals}: no further seals. */
    public static final int F_SEAL_SEAL = 1;
    /** {@link #seals}: cannot shrink. */
    public static final int F_SEAL_SHRINK = 2;
    /** {@link #seals}: cannot grow. */
    public static final int F_SEAL_GROW = 4;

    /** Mask of the file type in {@link FileStatus#mode}. */
    public static final int S_IFMT = 0xf000;
    /** Regular file. */
    public static final int S_IFREG = 0x8000;
    /** Block device. */
    public static final int S_IFBLK = 0x6000;
    /** Character device. */
    public static final int S_IFCHR = 0x2000;

    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_DIOALIGN = 0x2000;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final long BLKSSZGET = 0x1268;
    private static final long BLKGETSIZE64 = 0x80081272L;

    /**
     * What {@code statx(2)} says of an open file.
     *
     * @param mode type and permissions, {@code st_mode}
     * @param blockBytes preferred unit of I/O; in hugetlbfs the size of its pages
     * @param bytes length; 0 for devices
     * @param allocatedBytes storage taken up
     * @param directMemoryAlign alignment of memory for O_DIRECT; 0: unknown
     * @param directOffsetAlign alignment of offset and length for O_DIRECT; 0: unknown
     */
    public record FileStatus(int mode, int blockBytes, long bytes, long allocatedBytes,
            int directMemoryAlign, int directOffsetAlign) {
    }

    private SysFile() {
    }

    /** {@code openat(AT_FDCWD, path, flags, mode)}; -ENOENT for a path with a NUL in it. */
    public static int open(String path, int flags, int mode) {
        if (path.indexOf('\0') >= 0) {
            return -2; // ENOENT: the kernel would open what stands before it
        }
        try (Arena arena = Arena.ofConfined()) {
            return (int) SystemCall.invoke(Numbers.OPENAT, AT_FDCWD,
                    arena.allocateFrom(path).address(), flags | O_CLOEXEC, mode);
        }
    }

    /** {@code close(fd)}; not to be repeated after EINTR. */
    public static int close(int fd) {
        return (int) SystemCall.invoke(Numbers.CLOSE, fd);
    }

    /** A second descriptor of the same open file. */
    public static int dup(int fd) {
        return (int) SystemCall.invoke(Numbers.FCNTL, fd, F_DUPFD_CLOEXEC, 0);
    }

    /** Switches O_NONBLOCK of the open file. */
    public static int setNonBlocking(int fd, boolean on) {
        long flags = SystemCall.invoke(Numbers.FCNTL, fd, F_GETFL);
        if (flags < 0) {
            return (int) flags;
        }
        long wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        return (int) SystemCall.invoke(Numbers.FCNTL, fd, F_SETFL, wanted);
    }

    /** {@code read(fd, to, bytes)} at the start of {@code to}. */
    public static long read(int fd, MemorySegment to, long bytes) {
        return SystemCall.invoke(Numbers.READ, fd, address(to, bytes), bytes);
    }

    /** {@code write(fd, from, bytes)} from the start of {@code from}. */
    public static long write(int fd, MemorySegment from, long bytes) {
        return SystemCall.invoke(Numbers.WRITE, fd, address(from, bytes), bytes);
    }

    private static long address(MemorySegment segment, long bytes) {
        java.util.Objects.checkFromIndexSize(0, bytes, segment.byteSize());
        return segment.address();
    }

    /**
     * {@code preadv2}.
     *
     * @param iovecs array of (address, length) pairs of 64 bits each, whose memory stays valid
     * @param count number of pairs
     */
    public static long preadv2(int fd, MemorySegment iovecs, int count, long offset, int flags) {
        return SystemCall.invoke(Numbers.PREADV2, fd, address(iovecs, count * 16L), count, offset,
                0, flags);
    }

    /** {@code pwritev2}; see {@link #preadv2}. */
    public static long pwritev2(int fd, MemorySegment iovecs, int count, long offset, int flags) {
        return SystemCall.invoke(Numbers.PWRITEV2, fd, address(iovecs, count * 16L), count, offset,
                0, flags);
    }

    /** {@code fdatasync(fd)}. */
    public static int fdatasync(int fd) {
        return (int) SystemCall.invoke(Numbers.FDATASYNC, fd);
    }

    /** {@code fallocate(fd, mode, offset, bytes)}. */
    public static int fallocate(int fd, int mode, long offset, long bytes) {
        return (int) SystemCall.invoke(Numbers.FALLOCATE, fd, mode, offset, bytes);
    }

    /** {@code fchmod(fd, mode)}; on a socket that is not bound yet, the mode of its path. */
    public static int fchmod(int fd, int mode) {
        return (int) SystemCall.invoke(Numbers.FCHMOD, fd, mode);
    }

    /** {@code ftruncate(fd, length)}. */
    public static int ftruncate(int fd, long length) {
        return (int) SystemCall.invoke(Numbers.FTRUNCATE, fd, length);
    }

    /** {@code lseek(fd, offset, whence)}. */
    public static long lseek(int fd, long offset, int whence) {
        return SystemCall.invoke(Numbers.LSEEK, fd, offset, whence);
    }

    /** Status of an open file; null if the kernel refuses, which for an open fd it does not. */
    public static FileStatus status(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment st = arena.allocate(256, 8);
            long result = SystemCall.invoke(Numbers.STATX, fd, arena.allocateFrom("").address(),
                    AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_DIOALIGN, st.address(), 0);
            if (result < 0) {
                return null;
            }
            boolean direct = (st.get(ValueLayout.JAVA_INT, 0) & STATX_DIOALIGN) != 0;
            return new FileStatus(st.get(ValueLayout.JAVA_SHORT, 28) & 0xffff,
                    st.get(ValueLayout.JAVA_INT, 4), st.get(ValueLayout.JAVA_LONG, 40),
                    st.get(ValueLayout.JAVA_LONG, 48) * 512,
                    direct ? st.get(ValueLayout.JAVA_INT, 152) : 0,
                    direct ? st.get(ValueLayout.JAVA_INT, 156) : 0);
        }
    }

    /** Capacity in bytes of a block device ({@code BLKGETSIZE64}). */
    public static long blockDeviceBytes(int fd) {
        return ioctlOut(fd, BLKGETSIZE64, true);
    }

    /** Logical sector size in bytes of a block device ({@code BLKSSZGET}). */
    public static int blockDeviceSectorBytes(int fd) {
        return (int) ioctlOut(fd, BLKSSZGET, false);
    }

    private static long ioctlOut(int fd, long request, boolean isLong) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(8, 8);
            long result = SystemCall.invoke(Numbers.IOCTL, fd, request, out.address());
            if (result < 0) {
                return result;
            }
            return isLong ? out.get(ValueLayout.JAVA_LONG, 0) : out.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** Takes, converts or gives back ({@link #F_UNLCK}) an OFD lock without waiting. */
    public static int lock(int fd, int type, long offset, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = flock(arena, type, offset, bytes);
            return (int) SystemCall.invoke(Numbers.FCNTL, fd, F_OFD_SETLK, flock.address());
        }
    }

    /** Type of a conflicting lock of somebody else, {@link #F_UNLCK} if there is none. */
    public static int conflictingLock(int fd, int type, long offset, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = flock(arena, type, offset, bytes);
            long result = SystemCall.invoke(Numbers.FCNTL, fd, F_OFD_GETLK, flock.address());
            return result < 0 ? (int) result : flock.get(ValueLayout.JAVA_SHORT, 0);
        }
    }

    private static MemorySegment flock(Arena arena, int type, long offset, long bytes) {
        MemorySegment flock = arena.allocate(32, 8);
        flock.set(ValueLayout.JAVA_SHORT, 0, (short) type);
        flock.set(ValueLayout.JAVA_LONG, 8, offset);
        flock.set(ValueLayout.JAVA_LONG, 16, bytes);
        return flock;
    }

    /** {@code memfd_create} that allows sealing. */
    public static int memfd(String name) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) SystemCall.invoke(Numbers.MEMFD_CREATE,
                    arena.allocateFrom(name).address(), 3);
        }
    }

    /** Seals of a memfd; -EINVAL for files that have none. */
    public static int seals(int fd) {
        return (int) SystemCall.invoke(Numbers.FCNTL, fd, F_GET_SEALS);
    }

    /** Adds seals to a memfd. */
    public static int addSeals(int fd, int seals) {
        return (int) SystemCall.invoke(Numbers.FCNTL, fd, F_ADD_SEALS, seals);
    }
}
