package io.backplane.tool.guest.frontend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The configuration space of virtio-blk (virtio 1.2, 5.2.4), little-endian.
 *
 * <pre>
 * offset | size | spec name                 | component
 *  0     | 8    | capacity                  | capacitySectors (512 bytes each)
 *  8     | 4    | size_max                  | segmentBytesMax
 * 12     | 4    | seg_max                   | segmentsMax
 * 20     | 4    | blk_size                  | blockBytes
 * 24     | 1    | physical_block_exp        | physicalBlockExponent
 * 26     | 2    | min_io_size               | minIoBlocks
 * 28     | 4    | opt_io_size               | optimalIoBlocks
 * 32     | 1    | writeback                 | writeback
 * 34     | 2    | num_queues                | queues
 * 36     | 4    | max_discard_sectors       | discardSectorsMax
 * 40     | 4    | max_discard_seg           | discardSegmentsMax
 * 44     | 4    | discard_sector_alignment  | discardAlignmentSectors
 * 48     | 4    | max_write_zeroes_sectors  | zeroesSectorsMax
 * 52     | 4    | max_write_zeroes_seg      | zeroesSegmentsMax
 * 56     | 1    | write_zeroes_may_unmap    | zeroesMayUnmap
 * </pre>
 */
public record BlkConfig(long capacitySectors, long segmentBytesMax, long segmentsMax,
        long blockBytes, int physicalBlockExponent, int minIoBlocks, long optimalIoBlocks,
        int writeback, int queues, long discardSectorsMax, long discardSegmentsMax,
        long discardAlignmentSectors, long zeroesSectorsMax, long zeroesSegmentsMax,
        int zeroesMayUnmap) {

    /** Bytes of the structure. */
    public static final int BYTES = 60;
    /** Offset of the one byte a driver may write. */
    public static final int WRITEBACK_OFFSET = 32;

    /** Reads the structure from the first {@link #BYTES} bytes. */
    public static BlkConfig decode(MemorySegment bytes) {
        return new BlkConfig(bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, 0), u32(bytes, 8),
                u32(bytes, 12), u32(bytes, 20), u8(bytes, 24), u16(bytes, 26), u32(bytes, 28),
                u8(bytes, WRITEBACK_OFFSET), u16(bytes, 34), u32(bytes, 36), u32(bytes, 40),
                u32(bytes, 44), u32(bytes, 48), u32(bytes, 52), u8(bytes, 56));
    }

    private static long u32(MemorySegment bytes, long offset) {
        return bytes.get(ValueLayout.JAVA_INT_UNALIGNED, offset) & 0xffffffffL;
    }

    private static int u16(MemorySegment bytes, long offset) {
        return bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) & 0xffff;
    }

    private static int u8(MemorySegment bytes, long offset) {
        return bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }
}
