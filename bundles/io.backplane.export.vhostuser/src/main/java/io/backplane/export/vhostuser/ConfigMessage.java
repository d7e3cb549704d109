package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U32_MASK;

import java.lang.foreign.MemorySegment;

/**
 * Access to configuration space; vhost-user protocol, "Virtio device config space".
 *
 * <pre>
 * offset | size | spec name | component
 * 0      | 4    | offset    | offset
 * 4      | 4    | size      | bytes
 * 8      | 4    | flags     | not used
 * 12     | size | payload   | the bytes
 * </pre>
 */
record ConfigMessage(long offset, long bytes) {
    /** Bytes before the payload. */
    static final int HEADER_BYTES = 12;
    /** Longest payload, and end of configuration space. */
    static final int DATA_BYTES_MAX = 256;

    static ConfigMessage decode(MemorySegment from) {
        return new ConfigMessage(from.get(U32, 0) & U32_MASK, from.get(U32, 4) & U32_MASK);
    }

    /** Whether the range is inside configuration space and the message as long as it says. */
    boolean fits(long messageBytes) {
        return offset + bytes <= DATA_BYTES_MAX && messageBytes == HEADER_BYTES + bytes;
    }
}
