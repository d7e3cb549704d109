package io.backplane.tool.guest.frontend;

import io.backplane.hostio.posix.MappedFile;
import io.backplane.hostio.posix.MemFd;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * The memory of the guest: one sealed memfd, shown to the back-end as one or several regions with
 * gaps between their guest addresses. Positions inside are offsets in the memfd; descriptors carry
 * guest addresses, ring addresses travel as user addresses, and the three differ so that a mix-up
 * does not go unnoticed. Allocation is by one thread; access by any.
 */
public final class GuestMemory implements AutoCloseable {
    private static final long PAGE_BYTES = 4096;
    private static final long GUEST_BASE = 0x1_0000_0000L;
    private static final long GAP_BYTES = 0x100_0000L;
    private static final long USER_BASE = 0x7f00_0000_0000L;

    /**
     * One region as the back-end sees it.
     *
     * @param guestAddress guest physical address
     * @param bytes length
     * @param userAddress address in the front-end
     * @param fileOffset position in the memfd
     */
    public record Region(long guestAddress, long bytes, long userAddress, long fileOffset) {
    }

    // Immutable
    private final MemFd file;
    private final MappedFile mapping;
    private final MemorySegment segment;
    private final long regionBytes;
    private final int regionCount;

    // The one user
    private long next;

    private GuestMemory(MemFd file, MappedFile mapping, int regionCount) {
        this.file = file;
        this.mapping = mapping;
        this.segment = mapping.segment();
        this.regionCount = regionCount;
        this.regionBytes = file.bytes() / regionCount;
    }

    /** Memory of at least {@code bytes} in {@code regionCount} regions of the same size. */
    public static GuestMemory create(long bytes, int regionCount) throws IOException {
        long region = Math.ceilDiv(Math.ceilDiv(bytes, regionCount), PAGE_BYTES) * PAGE_BYTES;
        MemFd file = MemFd.create("guest-memory", region * regionCount, true);
        try {
            return new GuestMemory(file, MappedFile.map(file.fd(), 0, file.bytes(), true),
                    regionCount);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** The memory; index = offset in the memfd. */
    public MemorySegment segment() {
        return segment;
    }

    /** Descriptor of the memfd. */
    public int fd() {
        return file.fd();
    }

    /** Number of regions. */
    public int regionCount() {
        return regionCount;
    }

    /** Region {@code index}. */
    public Region region(int index) {
        long offset = index * regionBytes;
        return new Region(guestAddress(offset), regionBytes, userAddress(offset), offset);
    }

    /** Guest address of an offset. */
    public long guestAddress(long offset) {
        return regionCount == 1 ? GUEST_BASE + offset
                : GUEST_BASE + offset + offset / regionBytes * GAP_BYTES;
    }

    /** User address of an offset. */
    public long userAddress(long offset) {
        return USER_BASE + guestAddress(offset);
    }

    /** Takes zeroed room that lies in one region; never given back. */
    public long allocate(long bytes, long alignment) {
        long start = Math.ceilDiv(next, alignment) * alignment;
        if (start / regionBytes != (start + Math.max(bytes, 1) - 1) / regionBytes) {
            start = Math.ceilDiv((start / regionBytes + 1) * regionBytes, alignment) * alignment;
        }
        if (bytes > regionBytes || start + bytes > segment.byteSize()) {
            throw new IllegalArgumentException("guest memory of " + segment.byteSize()
                    + " bytes in " + regionCount + " regions has no room for " + bytes);
        }
        next = start + bytes;
        return start;
    }

    @Override
    public void close() {
        mapping.close();
        file.close();
    }
}
