package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;

/**
 * One entry of the bitmap directory, padded to a multiple of 8 bytes; read by the check only.
 *
 * <pre>
 * offset size  spec name            component
 *      0    8  bitmap_table_offset  tableOffset
 *      8    4  bitmap_table_size    tableCount
 *     12    4  flags                -
 *     16    1  type                 -
 *     17    1  granularity_bits     -
 *     18    2  name_size            -
 *     20    4  extra_data_size      -
 *     24    n  extra data, name     -
 * </pre>
 *
 * @param bytes length of the entry with its padding
 */
record BitmapDirectoryEntry(long tableOffset, long tableCount, long bytes) {
    static final int FIXED_BYTES = 24;

    /** Decodes the entry at {@code at} of a directory that ends at {@code end}. */
    static BitmapDirectoryEntry decode(MemorySegment directory, long at, long end)
            throws BlockException {
        if (end - at < FIXED_BYTES) {
            throw new BlockException(Kind.CORRUPT, "Bitmap directory entry is truncated");
        }
        long bytes = FIXED_BYTES + Be.u16(directory, at + 18) + Be.u32(directory, at + 20) + 7
                & ~7L;
        if (bytes > end - at) {
            throw new BlockException(Kind.CORRUPT, "Bitmap directory entry is truncated");
        }
        return new BitmapDirectoryEntry(directory.get(Be.LONG, at), Be.u32(directory, at + 8),
                bytes);
    }
}
