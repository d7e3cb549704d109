package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.memory.BufferPool;
import java.util.ArrayList;
import java.util.List;

/**
 * The snapshot table: its entries, one after another; kept as it is, never written.
 *
 * @param bytes length of the whole table
 */
record SnapshotTable(List<SnapshotHeader> entries, long bytes) {

    /** Reads the table that {@code header} names; its count is bounded by the header check. */
    static SnapshotTable awaitRead(ImageFile file, Header header) throws BlockException {
        List<SnapshotHeader> entries = new ArrayList<>();
        long bytes = 0;
        for (long i = 0; i < header.snapshotCount(); i++) {
            long at = header.snapshotsOffset() + bytes;
            long have = Math.clamp(file.length() - at, 1, SnapshotHeader.MAX_BYTES);
            try (BufferPool.Buffer buffer = file.awaitRead(at, have)) {
                SnapshotHeader entry = SnapshotHeader.decode(buffer.segment(), 0);
                entries.add(entry);
                bytes += entry.bytes();
            }
        }
        return new SnapshotTable(entries, bytes);
    }
}
