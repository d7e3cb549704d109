package io.backplane.hostio.uring;

import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysFile;
import io.backplane.sys.SysMemory;
import io.backplane.sys.SysUring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One io_uring of one thread: the two shared rings and the entries, without meaning.
 *
 * <pre>
 * submission entry (64 bytes)                    completion entry (16 bytes)
 *  0 u8 opcode | 1 u8 flags | 2 u16 ioprio        0 u64 user_data
 *  4 s32 fd    | 8 u64 off | 16 u64 addr          8 s32 res | 12 u32 flags
 * 24 u32 len   | 28 u32 rw_flags, poll32_events
 * 32 u64 user_data | 40..63 zero for all we use
 * </pre>
 *
 * Heads and tails are free-running 32-bit counters; ours are kept in Java fields and published by a
 * release store. {@link #add} fills an entry in place; the kernel sees it at the next
 * {@link #enter}.
 */
final class Ring {
    static final int OP_READV = 1;
    static final int OP_WRITEV = 2;
    static final int OP_FSYNC = 3;
    static final int OP_POLL_ADD = 6;
    static final int OP_POLL_REMOVE = 7;
    static final int OP_FALLOCATE = 17;
    static final int OP_READ = 22;
    static final int OP_WRITE = 23;
    static final int FSYNC_DATASYNC = 1;
    static final int POLL_MULTI = 1;
    static final int CQE_F_MORE = 2;

    private static final int SETUP_CQSIZE = 1 << 3;
    private static final int SETUP_CLAMP = 1 << 4;
    private static final int SETUP_SUBMIT_ALL = 1 << 7;
    private static final int SETUP_COOP_TASKRUN = 1 << 8;
    private static final int SETUP_TASKRUN_FLAG = 1 << 9;
    private static final int SETUP_SINGLE_ISSUER = 1 << 12;
    private static final int SETUP_DEFER_TASKRUN = 1 << 13;
    private static final int SETUP_NO_SQARRAY = 1 << 16;
    private static final int FEAT_SINGLE_MMAP = 1;
    private static final int FEAT_NODROP = 2;
    private static final int FEAT_EXT_ARG = 1 << 8;
    private static final int DEFERRED = SETUP_SUBMIT_ALL | SETUP_SINGLE_ISSUER
            | SETUP_DEFER_TASKRUN | SETUP_TASKRUN_FLAG;
    /** From the cheapest to what every io_uring knows. */
    private static final int[] SETUPS = {
        DEFERRED | SETUP_NO_SQARRAY, DEFERRED,
        SETUP_SUBMIT_ALL | SETUP_COOP_TASKRUN | SETUP_TASKRUN_FLAG, 0};

    private static final int ENTER_GETEVENTS = 1;
    private static final int ENTER_EXT_ARG = 8;
    private static final int ENTER_REGISTERED_RING = 16;
    private static final int REGISTER_RING_FDS = 20;
    private static final int SQ_CQ_OVERFLOW = 2;
    private static final int SQ_TASKRUN = 4;
    private static final long OFF_SQES = 0x1000_0000L;
    private static final int SQE_BYTES = 64;
    private static final int CQE_BYTES = 16;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final VarHandle SHARED_INT = INT.varHandle();

    // Immutable
    private final Arena arena = Arena.ofShared();
    private final int fd;
    private final int enterFd;
    private final int enterFlags;
    private final int sqMask;
    private final int sqEntries;
    private final int cqMask;
    private final MemorySegment rings;
    private final MemorySegment sqes;
    private final long sqHeadAt;
    private final long sqTailAt;
    private final long sqFlagsAt;
    private final long cqHeadAt;
    private final long cqTailAt;
    private final long cqesAt;
    /** getevents_arg: 0 sigmask | 8 size | 12 pad | 16 ts; then the timespec at 24. */
    private final MemorySegment argument = arena.allocate(40, 8);

    // Owner
    private int sqTail;
    private int sqSubmitted;
    private int cqHead;

    /** Sets a ring up for the calling thread. */
    static Ring open(int sqEntries, int cqEntries) throws HostIoException {
        int result = 0;
        for (int setup : SETUPS) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment params = arena.allocate(120, 8);
                params.set(INT, 4, cqEntries);
                params.set(INT, 8, setup | SETUP_CQSIZE | SETUP_CLAMP);
                result = SysUring.setup(sqEntries, params);
                if (result >= 0) {
                    return new Ring(result, params);
                }
                if (result != -Errno.EINVAL) {
                    break;
                }
            }
        }
        throw new HostIoException(-result, "io_uring_setup: " + switch (-result) {
            case 38 -> "not in this kernel (ENOSYS), or filtered by seccomp";
            case Errno.EPERM -> "forbidden by kernel.io_uring_disabled or seccomp (EPERM)";
            default -> Errno.text(-result);
        });
    }

    private Ring(int fd, MemorySegment params) throws HostIoException {
        this.fd = fd;
        int features = params.get(INT, 20);
        int need = FEAT_SINGLE_MMAP | FEAT_NODROP | FEAT_EXT_ARG;
        if ((features & need) != need) {
            SysFile.close(fd);
            throw new HostIoException(38, "io_uring: this kernel's is too old, 5.11 is needed");
        }
        int flags = params.get(INT, 8);
        sqEntries = params.get(INT, 0);
        int cqEntries = params.get(INT, 4);
        sqMask = sqEntries - 1;
        cqMask = cqEntries - 1;
        sqHeadAt = params.get(INT, 40);
        sqTailAt = params.get(INT, 44);
        sqFlagsAt = params.get(INT, 56);
        long arrayAt = params.get(INT, 64);
        cqHeadAt = params.get(INT, 80);
        cqTailAt = params.get(INT, 84);
        cqesAt = params.get(INT, 100);
        boolean hasArray = (flags & SETUP_NO_SQARRAY) == 0;
        long ringBytes = Math.max(cqesAt + (long) cqEntries * CQE_BYTES,
                hasArray ? arrayAt + sqEntries * 4L : 0);
        rings = map(0, ringBytes);
        sqes = map(OFF_SQES, (long) sqEntries * SQE_BYTES);
        if (hasArray) {
            for (int i = 0; i < sqEntries; i++) {
                rings.set(INT, arrayAt + i * 4L, i);
            }
        }
        argument.set(LONG, 16, 0);
        int registered = registerFd();
        enterFd = registered >= 0 ? registered : fd;
        enterFlags = registered >= 0 ? ENTER_REGISTERED_RING : 0;
    }

    private MemorySegment map(long offset, long bytes) throws HostIoException {
        SysMemory.Mapping mapping = SysMemory.map(fd, offset, bytes, true, arena, true);
        if (mapping.errno() != 0) {
            SysFile.close(fd);
            arena.close();
            throw new HostIoException(mapping.errno(), "mmap of an io_uring: "
                    + Errno.text(mapping.errno()));
        }
        return mapping.segment();
    }

    /** Registers the ring's own descriptor, which saves a lookup a call; negative: refused. */
    private int registerFd() {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment update = scratch.allocate(16, 8); // 0 offset | 4 reserved | 8 fd
            update.set(INT, 0, -1);
            update.set(LONG, 8, fd);
            return SysUring.register(fd, REGISTER_RING_FDS, update, 1) == 1
                    ? update.get(INT, 0) : -1;
        }
    }

    /** Whether there is room for one more entry. */
    boolean hasRoom() {
        return sqTail - sqSubmitted < sqEntries;
    }

    /** Number of entries the kernel has not seen yet. */
    int unsubmitted() {
        return sqTail - sqSubmitted;
    }

    /** Fills the next entry; there must be room. {@code rwFlags} is whatever is at offset 28. */
    void add(int opcode, int fileFd, long offset, long address, int length, int rwFlags,
            long userData) {
        long at = (long) (sqTail & sqMask) * SQE_BYTES;
        sqes.set(LONG, at, opcode | (long) fileFd << 32);
        sqes.set(LONG, at + 8, offset);
        sqes.set(LONG, at + 16, address);
        sqes.set(LONG, at + 24, length & 0xffff_ffffL | (long) rwFlags << 32);
        sqes.set(LONG, at + 32, userData);
        sqTail++;
    }

    /**
     * Submits what was added and, unless {@code timeoutNs} is 0, waits for one completion; -1: no
     * limit. One system call.
     *
     * @return a negative errno if nothing could be submitted (EBUSY, EAGAIN) or waiting ended
     *     early (EINTR, ETIME), else 0 or more
     */
    int enter(long timeoutNs) {
        int count = sqTail - sqSubmitted;
        SHARED_INT.setRelease(rings, sqTailAt, sqTail);
        int flags = enterFlags | ENTER_GETEVENTS;
        int result;
        if (timeoutNs > 0) {
            argument.set(LONG, 8, 0);
            argument.set(LONG, 16, argument.address() + 24);
            argument.set(LONG, 24, timeoutNs / 1_000_000_000L);
            argument.set(LONG, 32, timeoutNs % 1_000_000_000L);
            result = SysUring.enter(enterFd, count, 1, flags | ENTER_EXT_ARG,
                    argument.address(), 24);
        } else {
            result = SysUring.enter(enterFd, count, timeoutNs == 0 ? 0 : 1, flags, 0, 0);
        }
        sqSubmitted = (int) SHARED_INT.getAcquire(rings, sqHeadAt);
        return result;
    }

    /** Submits what was added; completions stay where they are. What is refused stays added. */
    void submit() {
        SHARED_INT.setRelease(rings, sqTailAt, sqTail);
        SysUring.enter(enterFd, sqTail - sqSubmitted, 0, enterFlags, 0, 0);
        sqSubmitted = (int) SHARED_INT.getAcquire(rings, sqHeadAt);
    }

    /** Whether completions can be read, or would be there after an {@link #enter}. */
    boolean hasWork() {
        return hasCompletions() || needsEnter();
    }

    /** Whether the kernel holds completions back until the next {@link #enter}. */
    boolean needsEnter() {
        return ((int) SHARED_INT.getOpaque(rings, sqFlagsAt)
                & (SQ_CQ_OVERFLOW | SQ_TASKRUN)) != 0;
    }

    /** Whether completions can be read. */
    boolean hasCompletions() {
        return (int) SHARED_INT.getAcquire(rings, cqTailAt) != cqHead;
    }

    /** Number of completions that can be read now. */
    int completions() {
        return (int) SHARED_INT.getAcquire(rings, cqTailAt) - cqHead;
    }

    /** user_data of the {@code index}th unread completion. */
    long userData(int index) {
        return rings.get(LONG, cqesAt + (long) (cqHead + index & cqMask) * CQE_BYTES);
    }

    /** res of the {@code index}th unread completion. */
    int result(int index) {
        return rings.get(INT, cqesAt + (long) (cqHead + index & cqMask) * CQE_BYTES + 8);
    }

    /** flags of the {@code index}th unread completion. */
    int flags(int index) {
        return rings.get(INT, cqesAt + (long) (cqHead + index & cqMask) * CQE_BYTES + 12);
    }

    /** Gives {@code count} completions back to the kernel. */
    void consume(int count) {
        cqHead += count;
        SHARED_INT.setRelease(rings, cqHeadAt, cqHead);
    }

    void close() {
        SysFile.close(fd);
        arena.close();
    }
}
