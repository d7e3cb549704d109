package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U64;

import java.lang.foreign.MemorySegment;

/**
 * A region of guest memory; vhost-user protocol, "Memory region description".
 *
 * <pre>
 * offset | size | spec name     | component
 * 0      | 8    | guest address | guestAddress
 * 8      | 8    | size          | bytes
 * 16     | 8    | user address  | userAddress, in the front-end's address space
 * 24     | 8    | mmap offset   | fileOffset
 * </pre>
 */
record MemoryRegionMessage(long guestAddress, long bytes, long userAddress, long fileOffset) {
    /** Length in bytes. */
    static final int BYTES = 32;

    static MemoryRegionMessage decode(MemorySegment from, long at) {
        return new MemoryRegionMessage(from.get(U64, at), from.get(U64, at + 8),
                from.get(U64, at + 16), from.get(U64, at + 24));
    }
}
