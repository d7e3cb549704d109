package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Where a zstd frame ends (RFC 8878, section 3.1.1), because the format stores compressed clusters
 * with the length of whole sectors only. Little-endian.
 *
 * <pre>
 * offset size  name
 *      0    4  magic 0xfd2fb528
 *      4    1  descriptor: bits 7-6 content size flag, 5 single segment, 2 checksum, 1-0 dictionary
 *      5    n  window descriptor, dictionary id, content size
 *      -    3  block header: bit 0 last, 1-2 type (1: one byte follows), 3-23 size; block; ...
 *      -    4  checksum, if flagged
 * </pre>
 */
final class ZstdFrame {
    private static final int MAGIC = 0xfd2fb528;
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private ZstdFrame() {
    }

    /** Length in bytes of the frame at {@code from}; it lies inside {@code data}. */
    static int frameBytes(MemorySegment data, int from) throws BlockException {
        long end = data.byteSize();
        if (end - from < 6 || data.get(INT, from) != MAGIC) {
            throw new BlockException(Kind.IO, "no zstd frame");
        }
        int descriptor = data.get(Be.BYTE, from + 4) & 0xff;
        boolean single = (descriptor & 0x20) != 0;
        int dictionary = new int[] {0, 1, 2, 4}[descriptor & 3];
        int size = new int[] {single ? 1 : 0, 2, 4, 8}[descriptor >> 6];
        long at = from + 5L + (single ? 0 : 1) + dictionary + size;
        boolean last = false;
        while (!last) {
            if (at + 3 > end) {
                throw new BlockException(Kind.IO, "zstd frame is truncated");
            }
            int header = data.get(Be.BYTE, at) & 0xff | (data.get(Be.BYTE, at + 1) & 0xff) << 8
                    | (data.get(Be.BYTE, at + 2) & 0xff) << 16;
            last = (header & 1) != 0;
            at += 3 + ((header >> 1 & 3) == 1 ? 1 : header >> 3);
        }
        at += (descriptor & 4) != 0 ? 4 : 0;
        if (at > end) {
            throw new BlockException(Kind.IO, "zstd frame is truncated");
        }
        return (int) (at - from);
    }
}
