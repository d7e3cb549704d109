package io.backplane.device.virtio.blk;

import io.backplane.virtio.LittleEndian;
import java.lang.foreign.MemorySegment;

/**
 * {@code struct virtio_blk_config}; virtio 1.2, 5.2.4.
 *
 * <pre>
 * offset | size | spec name                 | component
 * 0      | 8    | capacity                  | capacitySectors (512 bytes each)
 * 8      | 4    | size_max                  | 0: not offered
 * 12     | 4    | seg_max                   | segmentCountMax
 * 16     | 4    | geometry                  | 0: not offered
 * 20     | 4    | blk_size                  | logicalBlockBytes
 * 24     | 1    | physical_block_exp        | physicalBlockExponent
 * 25     | 1    | alignment_offset          | 0
 * 26     | 2    | min_io_size               | minimumIoBlocks
 * 28     | 4    | opt_io_size               | optimalIoBlocks
 * 32     | 1    | writeback                 | writeBack
 * 33     | 1    | unused0                   | 0
 * 34     | 2    | num_queues                | queueCount
 * 36     | 4    | max_discard_sectors       | discardSectorsMax
 * 40     | 4    | max_discard_seg           | discardSegmentsMax
 * 44     | 4    | discard_sector_alignment  | discardSectorAlignment
 * 48     | 4    | max_write_zeroes_sectors  | zeroesSectorsMax
 * 52     | 4    | max_write_zeroes_seg      | zeroesSegmentsMax
 * 56     | 1    | write_zeroes_may_unmap    | zeroesMayUnmap
 * 57     | 3    | unused1                   | 0
 * </pre>
 * All values little-endian.
 */
record VirtioBlkConfig(long capacitySectors, int segmentCountMax, int logicalBlockBytes,
        int physicalBlockExponent, int minimumIoBlocks, int optimalIoBlocks, boolean writeBack,
        int queueCount, int discardSectorsMax, int discardSegmentsMax, int discardSectorAlignment,
        int zeroesSectorsMax, int zeroesSegmentsMax, boolean zeroesMayUnmap) {
    /** Length in bytes. */
    static final int BYTES = 60;
    /** Where {@code writeback} lies. */
    static final int WRITEBACK_OFFSET = 32;

    /** The bytes the driver sees. */
    byte[] encode() {
        byte[] bytes = new byte[BYTES];
        MemorySegment to = MemorySegment.ofArray(bytes);
        to.set(LittleEndian.U64, 0, capacitySectors);
        to.set(LittleEndian.U32, 12, segmentCountMax);
        to.set(LittleEndian.U32, 20, logicalBlockBytes);
        bytes[24] = (byte) physicalBlockExponent;
        to.set(LittleEndian.U16, 26, (char) minimumIoBlocks);
        to.set(LittleEndian.U32, 28, optimalIoBlocks);
        bytes[WRITEBACK_OFFSET] = (byte) (writeBack ? 1 : 0);
        to.set(LittleEndian.U16, 34, (char) queueCount);
        to.set(LittleEndian.U32, 36, discardSectorsMax);
        to.set(LittleEndian.U32, 40, discardSegmentsMax);
        to.set(LittleEndian.U32, 44, discardSectorAlignment);
        to.set(LittleEndian.U32, 48, zeroesSectorsMax);
        to.set(LittleEndian.U32, 52, zeroesSegmentsMax);
        bytes[56] = (byte) (zeroesMayUnmap ? 1 : 0);
        return bytes;
    }
}
