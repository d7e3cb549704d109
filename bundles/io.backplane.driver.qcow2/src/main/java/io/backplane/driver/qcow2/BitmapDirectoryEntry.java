package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One entry of the bitmap directory, padded to a multiple of 8 bytes.
 *
 * <pre>
 * offset size  spec name            component
 *      0    8  bitmap_table_offset  tableOffset
 *      8    4  bitmap_table_size    tableCount
 *     12    4  flags                flags
 *     16    1  type                 -
 *     17    1  granularity_bits     granularityBits
 *     18    2  name_size            -
 *     20    4  extra_data_size      -
 *     24    n  extra data           -
 *   24+n    m  name                 name
 * </pre>
 *
 * @param bytes length of the entry with its padding
 */
record BitmapDirectoryEntry(long tableOffset, long tableCount, long flags, int granularityBits,
        String name, long bytes) {
    static final int FIXED_BYTES = 24;
    private static final int IN_USE = 1;
    private static final int AUTO = 2;

    /** Decodes the entry at {@code at} of a directory that ends at {@code end}. */
    static BitmapDirectoryEntry decode(MemorySegment directory, long at, long end)
            throws BlockException {
        if (end - at < FIXED_BYTES) {
            throw new BlockException(Kind.CORRUPT, "Bitmap directory entry is truncated");
        }
        byte[] name = new byte[Be.u16(directory, at + 18)];
        long nameAt = FIXED_BYTES + Be.u32(directory, at + 20);
        long bytes = nameAt + name.length + 7 & ~7L;
        if (bytes > end - at) {
            throw new BlockException(Kind.CORRUPT, "Bitmap directory entry is truncated");
        }
        MemorySegment.copy(directory, Be.BYTE, at + nameAt, name, 0, name.length);
        return new BitmapDirectoryEntry(directory.get(Be.LONG, at), Be.u32(directory, at + 8),
                Be.u32(directory, at + 12), directory.get(Be.BYTE, at + 17) & 0xff,
                new String(name, StandardCharsets.UTF_8), bytes);
    }

    /** The entry as users see it; granularities that no program makes show as 0. */
    Qcow2BitmapInfo info() {
        List<Qcow2BitmapInfoFlags> said = new ArrayList<>();
        if ((flags & IN_USE) != 0) {
            said.add(Qcow2BitmapInfoFlags.IN_USE);
        }
        if ((flags & AUTO) != 0) {
            said.add(Qcow2BitmapInfoFlags.AUTO);
        }
        return new Qcow2BitmapInfo(said, name, granularityBits < 32 ? 1L << granularityBits : 0);
    }
}
