package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U32_MASK;

import java.lang.foreign.MemorySegment;

/**
 * Header of every vhost-user message; vhost-user protocol, "Header".
 *
 * <pre>
 * offset | size | spec name | component
 * 0      | 4    | request   | request
 * 4      | 4    | flags     | bits 0-1 version (1), 2 reply, 3 need_reply
 * 8      | 4    | size      | bytes of the payload that follows
 * </pre>
 */
record MessageHeader(long request, int flags, long bytes) {
    /** Length in bytes. */
    static final int BYTES = 12;
    /** The version there is. */
    static final int VERSION = 1;
    /** This is an answer. */
    static final int REPLY = 4;
    /** The sender wants an acknowledgement. */
    static final int NEED_REPLY = 8;

    private static final int VERSION_MASK = 3;

    static MessageHeader decode(MemorySegment from) {
        return new MessageHeader(from.get(U32, 0) & U32_MASK, from.get(U32, 4),
                from.get(U32, 8) & U32_MASK);
    }

    void encode(MemorySegment to) {
        to.set(U32, 0, (int) request);
        to.set(U32, 4, flags);
        to.set(U32, 8, (int) bytes);
    }

    /** Whether this can be a request. */
    boolean isRequest() {
        return (flags & VERSION_MASK) == VERSION && (flags & REPLY) == 0;
    }

    boolean needsReply() {
        return (flags & NEED_REPLY) != 0;
    }
}
