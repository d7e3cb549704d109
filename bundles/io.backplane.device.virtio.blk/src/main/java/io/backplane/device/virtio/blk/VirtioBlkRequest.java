package io.backplane.device.virtio.blk;

import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U32_MASK;
import static io.backplane.virtio.LittleEndian.U64;
import static io.backplane.virtio.LittleEndian.U8;

import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * {@code struct virtio_blk_req}; virtio 1.2, 5.2.6. The framing is the guest's choice (2.7.4): any
 * part may be cut into any descriptors.
 *
 * <pre>
 * readable part                 | writable part
 * 0  | 4 | type   | type        | 0 | n | data of a read
 * 4  | 4 | ioprio | not used    | n | 1 | status, the last writable byte
 * 8  | 8 | sector | sector      |
 * 16 | n | data of a write      |
 * </pre>
 * The data of DISCARD and WRITE_ZEROES is an array of {@code virtio_blk_discard_write_zeroes}:
 * <pre>
 * offset | size | spec name   | component
 * 0      | 8    | sector      | sector
 * 8      | 4    | num_sectors | count
 * 12     | 4    | flags       | flags: bit 0 = unmap
 * </pre>
 * An instance is a window that is moved from request to request of one queue: what it says is
 * copied out of guest memory by {@link #readHeader} and {@link #readRange}, and stale after the
 * next suspension.
 */
final class VirtioBlkRequest {
    /** Bytes of the header. */
    static final int HEADER_BYTES = 16;
    /** Bytes of one range of a discard or write-zeroes. */
    static final int RANGE_BYTES = 16;

    static final long TYPE_IN = 0;
    static final long TYPE_OUT = 1;
    static final long TYPE_FLUSH = 4;
    static final long TYPE_GET_ID = 8;
    static final long TYPE_DISCARD = 11;
    static final long TYPE_WRITE_ZEROES = 13;

    static final byte STATUS_OK = 0;
    static final byte STATUS_IOERR = 1;
    static final byte STATUS_UNSUPP = 2;

    static final long FLAG_UNMAP = 1;

    // Home context only
    private final MemorySegment scratch = Arena.ofAuto().allocate(RANGE_BYTES, 8);
    private long type;
    private long sector;
    private long count;
    private long flags;

    /** Reads the header; false if there is none, or no room for the status. */
    boolean readHeader(IoVector readable, IoVector writable) {
        if (readable.bytes() < HEADER_BYTES || writable.bytes() < 1) {
            return false;
        }
        MemorySegment from;
        long at;
        if (readable.length(0) >= HEADER_BYTES) {
            from = readable.segment(0);
            at = readable.offset(0);
        } else {
            readable.copyTo(0, scratch, 0, HEADER_BYTES);
            from = scratch;
            at = 0;
        }
        type = from.get(U32, at) & U32_MASK;
        sector = from.get(U64, at + 8);
        return true;
    }

    /** Reads range {@code index} of a discard or write-zeroes; it is there. */
    void readRange(IoVector readable, int index) {
        readable.copyTo(HEADER_BYTES + (long) index * RANGE_BYTES, scratch, 0, RANGE_BYTES);
        sector = scratch.get(U64, 0);
        count = scratch.get(U32, 8) & U32_MASK;
        flags = scratch.get(U32, 12) & U32_MASK;
    }

    /** Writes the status byte. */
    static void writeStatus(IoVector writable, byte status) {
        int last = writable.count() - 1;
        writable.segment(last).set(U8, writable.offset(last) + writable.length(last) - 1, status);
    }

    long type() {
        return type;
    }

    /** First sector, of 512 bytes; any bits. */
    long sector() {
        return sector;
    }

    /** Sectors of the range last read. */
    long count() {
        return count;
    }

    /** Flags of the range last read. */
    long flags() {
        return flags;
    }

    /** A type in a word. */
    static String verb(long type) {
        return type == TYPE_IN ? "read" : type == TYPE_OUT ? "write"
                : type == TYPE_FLUSH ? "flush" : "type " + type;
    }
}
