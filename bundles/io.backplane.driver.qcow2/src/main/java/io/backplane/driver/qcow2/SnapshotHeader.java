package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.SnapshotInfo;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * One entry of the snapshot table, padded to a multiple of 8 bytes.
 *
 * <pre>
 * offset size  spec name         component
 *      0    8  l1_table_offset   l1Offset
 *      8    4  l1_size           l1Count
 *     12    2  id_str_size       id
 *     14    2  name_size         name
 *     16    4  date_sec          info
 *     20    4  date_nsec         info
 *     24    8  vm_clock_nsec     info
 *     32    4  vm_state_size     info, unless the extra data has it
 *     36    4  extra_data_size   -
 *     40    n  extra data, id, name
 *          8  vm_state_size     info (first in the extra data, if that long)
 *          8  disk_size         -
 *          8  icount            info, all ones: unknown
 * </pre>
 *
 * @param bytes length of the entry with its padding
 * @param info what queries show of it
 */
record SnapshotHeader(long l1Offset, long l1Count, String id, String name, long bytes,
        SnapshotInfo info) {
    private static final long NANOSECONDS = 1_000_000_000;
    static final int FIXED_BYTES = 40;
    static final int MAX_EXTRA_BYTES = 1024;
    /** Longest entry that is accepted, in bytes. */
    static final int MAX_BYTES = FIXED_BYTES + MAX_EXTRA_BYTES + 2 * 65535 + 8;

    /** Decodes the entry at {@code at}; {@code table} holds what follows, up to MAX_BYTES. */
    static SnapshotHeader decode(MemorySegment table, long at) throws BlockException {
        if (table.byteSize() - at < FIXED_BYTES) {
            throw new BlockException(Kind.CORRUPT, "Snapshot table entry is truncated");
        }
        long extra = Be.u32(table, at + 36);
        if (extra > MAX_EXTRA_BYTES) {
            throw new BlockException(Kind.CORRUPT, "Too much extra metadata in snapshot table"
                    + " entry (" + extra + " bytes)");
        }
        int idBytes = Be.u16(table, at + 12);
        int nameBytes = Be.u16(table, at + 14);
        long end = FIXED_BYTES + extra + idBytes + nameBytes;
        if (table.byteSize() - at < end) {
            throw new BlockException(Kind.CORRUPT, "Snapshot table entry is truncated");
        }
        String id = text(table, at + FIXED_BYTES + extra, idBytes);
        String name = text(table, at + FIXED_BYTES + extra + idBytes, nameBytes);
        return new SnapshotHeader(table.get(Be.LONG, at), Be.u32(table, at + 8), id, name,
                end + 7 & ~7L, info(table, at, extra, id, name));
    }

    private static SnapshotInfo info(MemorySegment table, long at, long extra, String id,
            String name) {
        long clock = table.get(Be.LONG, at + 24);
        long state = extra >= 8 ? table.get(Be.LONG, at + FIXED_BYTES) : Be.u32(table, at + 32);
        long icount = extra >= 24 ? table.get(Be.LONG, at + FIXED_BYTES + 16) : -1;
        return new SnapshotInfo(id, name, state, (int) Be.u32(table, at + 16),
                (int) Be.u32(table, at + 20), (int) (clock / NANOSECONDS),
                (int) (clock % NANOSECONDS), icount == -1 ? null : icount);
    }

    private static String text(MemorySegment table, long at, int bytes) {
        byte[] raw = new byte[bytes];
        MemorySegment.copy(table, Be.BYTE, at, raw, 0, bytes);
        return new String(raw, StandardCharsets.UTF_8);
    }
}
