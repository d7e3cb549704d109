package io.backplane.driver.blklogwrites;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * First sector of a log, little-endian; the rest of the sector is zero.
 * <pre>
 * offset size spec name   component
 *      0    8 magic       0x6a736677736872
 *      8    8 version     1
 *     16    8 nr_entries  entryCount
 *     24    4 sectorsize  sectorBytes
 * </pre>
 *
 * @param entryCount entries that are whole in the log
 * @param sectorBytes unit of all positions and lengths in the log, in bytes
 */
record LogSuperblock(long entryCount, int sectorBytes) {
    static final int BYTES = 28;
    private static final long MAGIC = 0x6a736677736872L;
    private static final long VERSION = 1;
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    LogSuperblock {
        assert entryCount >= 0 && Integer.bitCount(sectorBytes) == 1;
    }

    static LogSuperblock decode(MemorySegment sector) throws BlockException {
        if (sector.get(U64, 0) != MAGIC) {
            throw new BlockException(Kind.INVALID, "Invalid log superblock magic");
        }
        long version = sector.get(U64, 8);
        if (version != VERSION) {
            throw new BlockException(Kind.UNSUPPORTED,
                    "Unsupported log version " + Long.toUnsignedString(version));
        }
        long entries = sector.get(U64, 16);
        if (entries < 0) {
            throw new BlockException(Kind.CORRUPT,
                    "Invalid number of log entries " + Long.toUnsignedString(entries));
        }
        return new LogSuperblock(entries,
                BlkLogWritesDriver.checkSector(sector.get(U32, 24) & 0xffffffffL));
    }

    void encode(MemorySegment sector) {
        sector.fill((byte) 0);
        sector.set(U64, 0, MAGIC);
        sector.set(U64, 8, VERSION);
        sector.set(U64, 16, entryCount);
        sector.set(U32, 24, sectorBytes);
    }
}
