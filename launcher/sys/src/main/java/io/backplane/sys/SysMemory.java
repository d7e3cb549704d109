package io.backplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Mapping of descriptors. A mapping is a segment bounded to its length that belongs to an arena;
 * closing the arena unmaps it. Memory of a file that shrinks vanishes: plain access then throws
 * {@link InternalError}. Any thread.
 */
public final class SysMemory {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_POPULATE = 0x8000;

    /**
     * A mapping or the reason why not.
     *
     * @param segment the memory, null if refused
     * @param errno 0, or why it was refused
     */
    public record Mapping(MemorySegment segment, int errno) {
    }

    private SysMemory() {
    }

    /**
     * Maps a shared range.
     *
     * @param offset multiple of the page size
     * @param arena owner of the mapping
     * @param populate whether to fault all pages in at once
     */
    @SuppressWarnings("restricted")
    public static Mapping map(int fd, long offset, long bytes, boolean writable, Arena arena,
            boolean populate) {
        int prot = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        int flags = populate ? MAP_SHARED | MAP_POPULATE : MAP_SHARED;
        long address = SystemCall.invoke(Numbers.MMAP, 0, bytes, prot, flags, fd, offset);
        if (address < 0 && address > -4096) {
            return new Mapping(null, (int) -address);
        }
        MemorySegment segment = MemorySegment.ofAddress(address).reinterpret(bytes, arena,
                s -> SystemCall.invoke(Numbers.MUNMAP, address, bytes));
        return new Mapping(writable ? segment : segment.asReadOnly(), 0);
    }
}
