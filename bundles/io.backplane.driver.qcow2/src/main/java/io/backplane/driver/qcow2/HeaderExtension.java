package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One header extension; they follow the header, each padded to a multiple of 8 bytes.
 *
 * <pre>
 * offset size  spec name  component
 *      0    4  type       type
 *      4    4  length     data.length
 *      8    n  data       data
 * </pre>
 */
record HeaderExtension(int type, byte[] data) {
    static final int END = 0;
    static final int BACKING_FORMAT = 0xe2792aca;
    static final int FEATURE_NAMES = 0x6803f857;
    static final int BITMAPS = 0x23852875;
    static final int CRYPTO = 0x0537be77;
    static final int DATA_FILE = 0x44415441;

    /**
     * Decodes all extensions of {@code head} between {@code from} and {@code end}, bytes; unknown
     * types are kept as they are.
     */
    static List<HeaderExtension> decodeAll(MemorySegment head, long from, long end)
            throws BlockException {
        List<HeaderExtension> all = new ArrayList<>();
        long at = from;
        while (at + 8 <= end) {
            int type = head.get(Be.INT, at);
            long bytes = Be.u32(head, at + 4);
            at += 8;
            if (bytes > end - at) {
                throw new BlockException(Kind.INVALID, "Header extension too large");
            }
            if (type == END) {
                return all;
            }
            byte[] data = new byte[(int) bytes];
            MemorySegment.copy(head, Be.BYTE, at, data, 0, data.length);
            all.add(new HeaderExtension(type, data));
            at += bytes + 7 & ~7L;
        }
        return all;
    }

    /** Writes {@code all} and the end mark at {@code from}; returns where they end. */
    static long encodeAll(List<HeaderExtension> all, MemorySegment head, long from) {
        long at = from;
        for (HeaderExtension extension : all) {
            int bytes = extension.data.length;
            head.set(Be.INT, at, extension.type);
            head.set(Be.INT, at + 4, bytes);
            MemorySegment.copy(extension.data, 0, head, Be.BYTE, at + 8, bytes);
            at += 8 + (bytes + 7 & ~7);
        }
        head.set(Be.LONG, at, 0);
        return at + 8;
    }

    /** The data of the first extension of {@code type}, or null. */
    static byte[] find(List<HeaderExtension> all, int type) {
        for (HeaderExtension extension : all) {
            if (extension.type == type) {
                return extension.data;
            }
        }
        return null;
    }
}
