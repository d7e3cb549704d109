package io.backplane.virtio;

import static io.backplane.virtio.LittleEndian.U16;
import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U32_MASK;
import static io.backplane.virtio.LittleEndian.U64;

import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Walks the descriptors of one queue; virtio 1.2, 2.7.5.
 *
 * <p>A descriptor, {@code struct virtq_desc}:
 * <pre>
 * offset | size | spec name | read as
 * 0      | 8    | addr      | address
 * 8      | 4    | len       | bytes
 * 12     | 2    | flags     | flags
 * 14     | 2    | next      | index of the next one if flags has NEXT
 * </pre>
 * Every field is read once. A chain may end in one descriptor that points to an indirect table;
 * the table's own descriptors are a chain by index in it. A chain has at most as many descriptors
 * as the queue, or {@link #CHAIN_COUNT_MAX} with an indirect table, which also ends loops.
 * Home context only.
 */
final class DescriptorChain {
    /** Bytes of a descriptor. */
    static final int BYTES = 16;
    /** Most descriptors of a chain with an indirect table, as the de facto limit of hosts is. */
    static final int CHAIN_COUNT_MAX = 1024;

    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;

    // Immutable
    private final GuestMemory memory;
    private final MemorySegment table;
    private final int size;
    private final boolean indirectAllowed;

    // Home context only
    private MemorySegment scratch;
    private MemorySegment indirectTable;
    private long indirectBase;
    private int hint;

    DescriptorChain(GuestMemory memory, MemorySegment table, int size, boolean indirectAllowed) {
        this.memory = memory;
        this.table = table;
        this.size = size;
        this.indirectAllowed = indirectAllowed;
    }

    /** Fills the vectors from the chain that starts at {@code head}, which is in range. */
    void walk(int head, IoVector readable, IoVector writable) throws ViolationException {
        MemorySegment from = table;
        long base = 0;
        int limit = size;
        int index = head;
        int count = 0;
        int countMax = size;
        boolean indirect = false;
        for (;;) {
            long at = base + (long) index * BYTES;
            long address = from.get(U64, at);
            long bytes = from.get(U32, at + 8) & U32_MASK;
            int flags = from.get(U16, at + 12);
            int next = from.get(U16, at + 14);
            if ((flags & INDIRECT) != 0) {
                if (indirect || !indirectAllowed || (flags & NEXT) != 0) {
                    throw new ViolationException(indirect ? "indirect table inside another one"
                            : !indirectAllowed ? "indirect descriptor was not negotiated"
                            : "indirect descriptor with a successor");
                }
                limit = openIndirect(address, bytes);
                from = indirectTable;
                base = indirectBase;
                index = 0;
                countMax = Math.max(size, CHAIN_COUNT_MAX);
                indirect = true;
                continue;
            }
            if (++count > countMax) {
                throw new ViolationException("descriptor chain at " + head + " loops or is longer"
                        + " than " + countMax);
            }
            add(address, bytes, flags, readable, writable);
            if ((flags & NEXT) == 0) {
                break;
            }
            if (next >= limit) {
                throw new ViolationException("descriptor " + next + " is outside the table of "
                        + limit);
            }
            index = next;
        }
        if (readable.bytes() + writable.bytes() > U32_MASK) {
            throw new ViolationException("descriptor chain at " + head + " is longer than 4 GiB");
        }
    }

    private void add(long address, long bytes, int flags, IoVector readable, IoVector writable)
            throws ViolationException {
        if (bytes == 0) {
            throw new ViolationException("descriptor of zero bytes");
        }
        IoVector to;
        if ((flags & WRITE) != 0) {
            to = writable;
        } else if (writable.count() == 0) {
            to = readable;
        } else {
            throw new ViolationException("readable descriptor after a writable one");
        }
        int region = memory.addTo(to, hint, address, bytes);
        if (region < 0) {
            throw new ViolationException("descriptor at 0x" + Long.toHexString(address) + " of "
                    + bytes + " bytes is outside guest memory");
        }
        hint = region;
    }

    /** Finds the table; returns how many descriptors it has. */
    private int openIndirect(long address, long bytes) throws ViolationException {
        if (bytes == 0 || bytes % BYTES != 0 || bytes > (long) 0x10000 * BYTES) {
            throw new ViolationException("indirect table of " + bytes + " bytes");
        }
        int region = hint;
        if (region >= memory.regionCount() || !memory.holds(region, address, bytes)) {
            region = memory.find(address);
        }
        if (region >= 0 && memory.holds(region, address, bytes)) {
            indirectTable = memory.segment(region);
            indirectBase = memory.offset(region, address);
            return (int) (bytes / BYTES);
        }
        return copyIndirect(address, bytes);
    }

    /** A table that crosses from one region into the next is copied, which also reads it once. */
    private int copyIndirect(long address, long bytes) throws ViolationException {
        if (bytes > (long) CHAIN_COUNT_MAX * BYTES) {
            throw new ViolationException("indirect table of " + bytes + " bytes in two regions");
        }
        IoVector pieces = new IoVector();
        if (memory.addTo(pieces, -1, address, bytes) < 0) {
            throw new ViolationException("indirect table at 0x" + Long.toHexString(address)
                    + " of " + bytes + " bytes is outside guest memory");
        }
        if (scratch == null) {
            scratch = Arena.ofAuto().allocate((long) CHAIN_COUNT_MAX * BYTES, BYTES);
        }
        pieces.copyTo(0, scratch, 0, bytes);
        indirectTable = scratch;
        indirectBase = 0;
        return (int) (bytes / BYTES);
    }
}
