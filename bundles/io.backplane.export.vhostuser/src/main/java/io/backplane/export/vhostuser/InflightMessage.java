package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U16;
import static io.backplane.virtio.LittleEndian.U64;

import java.lang.foreign.MemorySegment;

/**
 * The buffer that remembers requests in flight; vhost-user protocol, "Inflight description". Front-
 * ends send 20 or, padded, 24 bytes.
 *
 * <pre>
 * offset | size | spec name   | component
 * 0      | 8    | mmap size   | bytes
 * 8      | 8    | mmap offset | fileOffset
 * 16     | 2    | num queues  | queueCount
 * 18     | 2    | queue size  | queueSize
 * </pre>
 */
record InflightMessage(long bytes, long fileOffset, int queueCount, int queueSize) {

    static InflightMessage decode(MemorySegment from) {
        return new InflightMessage(from.get(U64, 0), from.get(U64, 8), from.get(U16, 16),
                from.get(U16, 18));
    }

    void encode(MemorySegment to) {
        to.set(U64, 0, bytes);
        to.set(U64, 8, fileOffset);
        to.set(U16, 16, (char) queueCount);
        to.set(U16, 18, (char) queueSize);
    }
}
