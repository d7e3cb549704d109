package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.hostio.HostIoException;
import io.backplane.sys.SysFile;
import io.backplane.sys.SysMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A shared mapping of a range of a descriptor. It owns the mapping, not the descriptor, which may
 * be closed at once. After {@link #close} an access throws {@link IllegalStateException}; memory
 * that vanished under the mapping because the file shrank throws {@link InternalError}.
 */
public final class MappedFile implements AutoCloseable {
    private static final long PAGE_BYTES = 4096;
    private static final long PAGE_BYTES_MAX = 1 << 30;

    // Immutable
    private final Arena arena;
    private final MemorySegment segment;

    private MappedFile(Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.segment = segment;
    }

    /**
     * Maps [{@code offset}, {@code offset + bytes}) of {@code fd}; any offset.
     *
     * @throws HostIoException with the errno of {@code mmap}
     */
    @AnyThread
    public static MappedFile map(int fd, long offset, long bytes, boolean writable)
            throws HostIoException {
        long page = pageBytes(fd);
        long start = offset & -page;
        long skip = offset - start;
        Arena arena = Arena.ofShared();
        SysMemory.Mapping mapping = SysMemory.map(fd, start, skip + bytes + page - 1 & -page,
                writable, arena, false);
        if (mapping.errno() != 0) {
            arena.close();
            throw Fds.failure(mapping.errno(), "mmap of " + bytes + " bytes at offset " + offset);
        }
        return new MappedFile(arena, mapping.segment().asSlice(skip, bytes));
    }

    /** What offsets and, to unmap, lengths must be multiples of: huge pages are mapped as wholes. */
    private static long pageBytes(int fd) {
        SysFile.FileStatus status = SysFile.status(fd);
        long block = status == null ? 0 : status.blockBytes();
        return block > PAGE_BYTES && block <= PAGE_BYTES_MAX && Long.bitCount(block) == 1 ? block
                : PAGE_BYTES;
    }

    /** Length in bytes of an open file; 0 for what has none. */
    @AnyThread
    public static long fileBytes(int fd) {
        SysFile.FileStatus status = SysFile.status(fd);
        return status == null ? 0 : status.bytes();
    }

    /** Whether the file can no longer shrink, so that a mapping inside its length is safe. */
    @AnyThread
    public static boolean isSealedAgainstShrink(int fd) {
        int seals = SysFile.seals(fd);
        return seals >= 0 && (seals & SysFile.F_SEAL_SHRINK) != 0;
    }

    /** The memory, exactly as long as asked for. */
    @AnyThread
    public MemorySegment segment() {
        return segment;
    }

    /** Unmaps; nobody may be accessing the memory in a system call. */
    @Override
    @AnyThread
    public void close() {
        arena.close();
    }
}
