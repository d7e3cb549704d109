package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U32_MASK;
import static io.backplane.virtio.LittleEndian.U64;

import java.lang.foreign.MemorySegment;

/**
 * Where a ring lies; vhost-user protocol, "A vring address description". Addresses are the
 * front-end's own.
 *
 * <pre>
 * offset | size | spec name       | component
 * 0      | 4    | vring index     | index
 * 4      | 4    | flags           | not used (logging)
 * 8      | 8    | ring address    | desc
 * 16     | 8    | used address    | used
 * 24     | 8    | available addr. | avail
 * 32     | 8    | logging address | not used
 * </pre>
 */
record VringAddressMessage(long index, long desc, long used, long avail) {
    static VringAddressMessage decode(MemorySegment from) {
        return new VringAddressMessage(from.get(U32, 0) & U32_MASK, from.get(U64, 8),
                from.get(U64, 16), from.get(U64, 24));
    }
}
