package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;

/**
 * The bitmaps extension, a header extension of 24 bytes. Its data is kept, not used.
 *
 * <pre>
 * offset size  spec name                component
 *      0    4  nb_bitmaps               count
 *      4    4  reserved                 -
 *      8    8  bitmap_directory_size    directoryBytes
 *     16    8  bitmap_directory_offset  directoryOffset
 * </pre>
 */
record BitmapsExtension(long count, long directoryBytes, long directoryOffset) {
    static final int BYTES = 24;
    private static final long MAX_COUNT = 65535;

    static BitmapsExtension decode(byte[] data, int clusterBits) throws BlockException {
        MemorySegment s = MemorySegment.ofArray(data);
        if (data.length != BYTES) {
            throw bad("Invalid extension length");
        }
        if (s.get(Be.INT, 4) != 0) {
            throw bad("Reserved field is not zero");
        }
        long count = Be.u32(s, 0);
        if (count > MAX_COUNT) {
            throw bad("Image has " + count + " bitmaps, exceeding the supported maximum of "
                    + MAX_COUNT);
        }
        if (count == 0) {
            throw bad("found bitmaps extension with zero bitmaps");
        }
        long bytes = s.get(Be.LONG, 8);
        long offset = s.get(Be.LONG, 16);
        if (offset < 0 || (offset & (1L << clusterBits) - 1) != 0) {
            throw bad("invalid bitmap directory offset");
        }
        if (bytes < 0 || bytes > 1024 * MAX_COUNT) {
            throw bad("bitmap directory size (" + Long.toUnsignedString(bytes) + ") exceeds the"
                    + " maximum supported size (" + 1024 * MAX_COUNT + ")");
        }
        return new BitmapsExtension(count, bytes, offset);
    }

    private static BlockException bad(String problem) {
        return new BlockException(Kind.INVALID, "bitmaps_ext: " + problem);
    }
}
