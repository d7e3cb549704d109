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

    /** Longest table that is accepted, in bytes. */
    static final long MAX_TABLE_BYTES = 1024L * Header.MAX_SNAPSHOTS;
    private static final int USUAL_ENTRY_BYTES = 4096;

    /** Reads the table that {@code header} names; its count is bounded by the header check. */
    static SnapshotTable awaitRead(ImageFile file, Header header) throws BlockException {
        List<SnapshotHeader> entries = new ArrayList<>();
        long bytes = 0;
        for (long i = 0; i < header.snapshotCount(); i++) {
            SnapshotHeader entry = awaitReadEntry(file, header.snapshotsOffset() + bytes);
            entries.add(entry);
            bytes += entry.bytes();
            if (bytes > MAX_TABLE_BYTES) {
                throw new BlockException(BlockException.Kind.RANGE, "Snapshot table is too large");
            }
        }
        return new SnapshotTable(entries, bytes);
    }

    private static SnapshotHeader awaitReadEntry(ImageFile file, long at) throws BlockException {
        long most = Math.clamp(file.length() - at, 1, SnapshotHeader.MAX_BYTES);
        long usual = Math.min(most, USUAL_ENTRY_BYTES);
        try (BufferPool.Buffer buffer = file.awaitRead(at, usual)) {
            return SnapshotHeader.decode(buffer.segment(), 0);
        } catch (BlockException e) {
            if (usual == most) {
                throw e;
            }
        }
        try (BufferPool.Buffer buffer = file.awaitRead(at, most)) {
            return SnapshotHeader.decode(buffer.segment(), 0);
        }
    }
}
