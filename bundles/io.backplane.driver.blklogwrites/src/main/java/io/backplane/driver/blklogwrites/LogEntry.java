package io.backplane.driver.blklogwrites;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Head of one log entry, in a sector of its own, little-endian; data follows in the next sectors.
 * <pre>
 * offset size spec name   component
 *      0    8 sector      sector
 *      8    8 nr_sectors  sectorCount
 *     16    8 flags       flags
 *     24    8 data_len    markBytes (of a mark's text, which follows in this sector)
 * </pre>
 *
 * @param sector first sector written, in log sectors
 * @param sectorCount how many sectors were written or discarded
 * @param flags bits {@link #FLUSH} to {@link #MARK}
 * @param markBytes length of a mark's text, else 0
 */
record LogEntry(long sector, long sectorCount, int flags, int markBytes) {
    static final int BYTES = 32;
    /** Everything before it was made stable. */
    static final int FLUSH = 1;
    /** The write was stable when it ended. */
    static final int FUA = 2;
    /** The range was discarded; no data follows. */
    static final int DISCARD = 4;
    /** Changes nothing. */
    static final int MARK = 8;
    private static final int KNOWN_FLAGS = 31; // 16: the kernel's METADATA hint
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** @param sectorBytes bytes of a log sector, which bounds all counts */
    static LogEntry decode(MemorySegment head, int sectorBytes) throws BlockException {
        long sector = head.get(U64, 0);
        long count = head.get(U64, 8);
        long flags = head.get(U64, 16);
        long mark = head.get(U64, 24);
        long limit = Long.MAX_VALUE / sectorBytes;
        if ((flags & ~KNOWN_FLAGS) != 0) {
            throw corrupt("unknown flags 0x" + Long.toHexString(flags));
        }
        if (sector < 0 || count < 0 || count > limit || sector > limit - count) {
            throw corrupt("range " + Long.toUnsignedString(sector) + "+"
                    + Long.toUnsignedString(count));
        }
        if (mark < 0 || mark > sectorBytes - BYTES) {
            throw corrupt("data length " + Long.toUnsignedString(mark));
        }
        return new LogEntry(sector, count, (int) flags, (int) mark);
    }

    /** Sectors of data that follow the head. */
    long dataSectors() {
        return (flags & DISCARD) != 0 ? 0 : sectorCount;
    }

    void encode(MemorySegment head) {
        head.fill((byte) 0);
        head.set(U64, 0, sector);
        head.set(U64, 8, sectorCount);
        head.set(U64, 16, flags);
        head.set(U64, 24, markBytes);
    }

    private static BlockException corrupt(String what) {
        return new BlockException(Kind.CORRUPT, "Invalid log entry: " + what);
    }
}
