package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.spi.CheckableNode.CheckReport;
import io.backplane.block.spi.CheckableNode.CheckResult;
import io.backplane.memory.BufferPool;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Checks an image: counts every reference from the header, the tables of the active layer, of
 * snapshots and bitmaps, and the refcount structures, and compares with the refcounts. Reads from
 * disk, so the caller writes back first. Changes nothing.
 */
final class Qcow2Check {
    // Immutable
    private final Qcow2Image image;
    private final Layout layout;
    private final ImageNames names;
    private final CheckReport report;
    private final References references = new References();

    private boolean compareCopied = true;
    private long corruptions;
    private long leaks;
    private long checkErrors;
    private long allocated;
    private long fragmented;
    private long compressed;
    private long nextHost;
    private long usedEnd;
    private final Map<Long, byte[]> blocks = new HashMap<>();

    Qcow2Check(Qcow2Image image, ImageNames names, CheckReport report) {
        this.image = image;
        this.layout = image.layout;
        this.names = names;
        this.report = report;
    }

    CheckResult awaitRun() throws BlockException {
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            awaitCount();
            awaitCompare();
        }
        long total = image.size + layout.clusterMask() >> layout.clusterBits();
        return new CheckResult(corruptions, leaks, checkErrors,
                Math.max(references.end(), usedEnd) << layout.clusterBits(), total, allocated, fragmented,
                compressed);
    }

    /** Counts all references, without looking at the refcounts, which need not be right. */
    References awaitCountForRepair() throws BlockException {
        compareCopied = false;
        return awaitCount();
    }

    private References awaitCount() throws BlockException {
        refer(0, layout.clusterBytes());
        awaitTable(image.l1.offset(), image.l1.count(), true);
        awaitSnapshots();
        awaitBitmaps();
        refer(image.refcounts.tableOffset(), (long) image.refcounts.tableCount() << 3);
        awaitRefcountBlocks();
        return references;
    }

    private void error(String format, Object... args) {
        corruptions++;
        report.error("ERROR " + String.format(format, args));
    }

    /** One reference to each cluster that [offset, offset + bytes) touches. */
    private void refer(long offset, long bytes) {
        if (bytes <= 0) {
            return;
        }
        long end = image.file.length() + layout.clusterMask() & ~layout.clusterMask();
        if (offset < 0 || offset + bytes < 0 || offset >= end + layout.clusterBytes()) {
            error("counting reference for region exceeding the end of the file by one cluster or"
                    + " more: offset 0x%x size 0x%x", offset, bytes);
            return;
        }
        long last = offset + bytes - 1 >> layout.clusterBits();
        for (long c = offset >> layout.clusterBits(); c <= last; c++) {
            references.add(c);
        }
    }

    private void awaitTable(long offset, long count, boolean active) throws BlockException {
        refer(offset, count << 3);
        if (count == 0) {
            return;
        }
        long[] entries = new long[(int) count];
        try (BufferPool.Buffer buffer = image.file.awaitRead(offset, count << 3)) {
            MemorySegment.copy(buffer.segment(), Be.LONG, 0, entries, 0, entries.length);
        }
        for (int i = 0; i < count; i++) {
            if (entries[i] == 0) {
                continue;
            }
            if ((entries[i] & L1Entry.RESERVED) != 0) {
                error("found L1 entry with reserved bits set: %x", entries[i]);
            }
            long l2 = L1Entry.offset(entries[i]);
            refer(l2, layout.clusterBytes());
            if ((l2 & layout.clusterMask()) != 0) {
                error("l2_offset=%x: Table is not cluster aligned; L1 entry corrupted", l2);
            } else if (l2 != 0) {
                checkCopied("L2 cluster: l1_index=" + i + " l1_entry", entries[i], l2, active);
                awaitL2(l2, active);
            }
        }
    }

    /** An entry of the active layer is marked copied exactly if the refcount is one. */
    private void checkCopied(String what, long entry, long offset, boolean active)
            throws BlockException {
        if (active && compareCopied) {
            long refcount = awaitRefcount(offset >> layout.clusterBits());
            if ((refcount == 1) != (entry < 0)) {
                error("OFLAG_COPIED %s=%x refcount=%s", what, entry,
                        Long.toUnsignedString(refcount));
            }
        }
    }

    private void awaitL2(long offset, boolean active) throws BlockException {
        try (BufferPool.Buffer buffer = image.file.awaitRead(offset, layout.clusterBytes())) {
            MemorySegment table = buffer.segment();
            nextHost = 0; // the tables themselves stand between the data of two
            int step = 1 << layout.l2EntryBits();
            for (int at = 0; at < layout.clusterBytes(); at += step) {
                long entry = table.get(Be.LONG, at);
                long map = layout.extendedL2() ? table.get(Be.LONG, at + 8) : 0;
                if (entry != 0 || map != 0) {
                    awaitEntry(entry, map, at / step, active);
                }
            }
        }
    }

    private void awaitEntry(long entry, long map, int index, boolean active)
            throws BlockException {
        if (L2Entry.isCompressed(entry)) {
            checkCompressed(entry, map, index, active);
            return;
        }
        long offset = L2Entry.offset(entry);
        if ((entry & L2Entry.RESERVED) != 0
                || layout.extendedL2() && (entry & L2Entry.ZERO) != 0) {
            error("found l2 entry with reserved bits set: %x", entry);
        }
        if ((map & map >>> 32 & L2Entry.BITMAP_ALL_ALLOCATED) != 0) {
            error("offset=%x: Allocated cluster has corrupted subcluster allocation bitmap",
                    offset);
        }
        if (!L2Entry.hasHost(layout, entry)) {
            if ((map & L2Entry.BITMAP_ALL_ALLOCATED) != 0) {
                error(": Unallocated cluster has non-zero subcluster allocation map");
            }
            return;
        }
        if ((offset & layout.clusterMask()) != 0) {
            error("offset=%x: %s cluster is not properly aligned; L2 entry corrupted.", offset,
                    (entry & L2Entry.ZERO) != 0 ? "Preallocated" : "Data");
            return;
        }
        if (active) {
            allocated++;
            fragmented += nextHost != 0 && offset != nextHost ? 1 : 0;
            nextHost = offset + layout.clusterBytes();
        }
        if (!layout.dataFile()) {
            refer(offset, layout.clusterBytes());
            checkCopied("data cluster: l2_entry", entry, offset, active);
        }
    }

    private void checkCompressed(long entry, long map, int index, boolean active) {
        if (L2Entry.isCopied(entry)) {
            error(": coffset=0x%x: copied flag must never be set for compressed clusters",
                    layout.compressedOffset(entry));
        }
        if (layout.dataFile()) {
            error("compressed cluster %d with data file, entry=0x%x", index, entry);
            return;
        }
        if (map != 0) {
            error("compressed cluster %d with non-zero subcluster allocation bitmap, entry=0x%x",
                    index, entry);
            return;
        }
        refer(layout.compressedOffset(entry), layout.compressedBytes(entry));
        if (active) {
            allocated++;
            compressed++;
            // Packed clusters never follow each other by cluster, so all count as fragmented.
            fragmented++;
        }
    }

    private void awaitSnapshots() throws BlockException {
        SnapshotTable table = SnapshotTable.awaitRead(image.file, names.header());
        if (layout.dataFile() && !table.entries().isEmpty()) {
            error("%d snapshots in image with data file", table.entries().size());
            return;
        }
        for (SnapshotHeader s : table.entries()) {
            if ((s.l1Offset() & layout.clusterMask()) != 0 || s.l1Offset() < 0) {
                error("snapshot %s (%s) l1_offset=%#x: L1 table is not cluster aligned; snapshot"
                        + " table entry corrupted", s.id(), s.name(), s.l1Offset());
            } else if (s.l1Count() << 3 > Header.MAX_L1_BYTES) {
                error("snapshot %s (%s) l1_size=%#x: L1 table is too large; snapshot table entry"
                        + " corrupted", s.id(), s.name(), s.l1Count());
            } else {
                awaitTable(s.l1Offset(), s.l1Count(), false);
            }
        }
        refer(names.header().snapshotsOffset(), table.bytes());
    }

    private void awaitBitmaps() throws BlockException {
        byte[] data = HeaderExtension.find(names.extensions(), HeaderExtension.BITMAPS);
        if (data == null || (image.autoclear & Header.AUTOCLEAR_BITMAPS) == 0) {
            return;
        }
        BitmapsExtension bitmaps = BitmapsExtension.decode(data, layout.clusterBits());
        refer(bitmaps.directoryOffset(), bitmaps.directoryBytes());
        try (BufferPool.Buffer buffer = image.file.awaitRead(bitmaps.directoryOffset(),
                Math.max(1, bitmaps.directoryBytes()))) {
            long at = 0;
            while (at < bitmaps.directoryBytes()) {
                BitmapDirectoryEntry entry = BitmapDirectoryEntry.decode(buffer.segment(), at,
                        bitmaps.directoryBytes());
                awaitBitmapTable(entry);
                at += entry.bytes();
            }
        }
    }

    private void awaitBitmapTable(BitmapDirectoryEntry entry) throws BlockException {
        long bytes = entry.tableCount() << 3;
        refer(entry.tableOffset(), bytes);
        if (bytes == 0 || bytes > Header.MAX_L1_BYTES) {
            return;
        }
        try (BufferPool.Buffer buffer = image.file.awaitRead(entry.tableOffset(), bytes)) {
            for (long at = 0; at < bytes; at += 8) {
                long offset = buffer.segment().get(Be.LONG, at) & L1Entry.OFFSET_MASK;
                refer(offset, offset == 0 ? 0 : layout.clusterBytes());
            }
        }
    }

    private void awaitRefcountBlocks() {
        for (int i = 0; i < image.refcounts.tableCount(); i++) {
            long entry = image.refcounts.tableEntry(i);
            long offset = entry & L1Entry.OFFSET_MASK;
            if (entry == 0) {
                continue;
            }
            if ((entry & 511) != 0 || entry < 0) {
                error("refcount table entry %d has reserved bits set", i);
            }
            if ((offset & layout.clusterMask()) != 0) {
                error("refcount block %d is not cluster aligned; refcount table entry corrupted",
                        i);
            } else if (offset >= image.file.length()) {
                error("refcount block %d is outside image", i);
            } else if (references.add(offset >> layout.clusterBits()) != 1) {
                error("refcount block %d refcount=%d", i,
                        references.get(offset >> layout.clusterBits()));
            }
        }
    }

    private long awaitRefcount(long cluster) throws BlockException {
        long index = cluster >> layout.refcountBlockBits();
        byte[] block = blocks.get(index);
        if (block == null) {
            long offset = index < image.refcounts.tableCount()
                    ? image.refcounts.tableEntry((int) index) & L1Entry.OFFSET_MASK : 0;
            if (offset == 0 || (offset & layout.clusterMask()) != 0) {
                return 0;
            }
            try (BufferPool.Buffer buffer =
                    image.file.awaitRead(offset, layout.clusterBytes())) {
                block = buffer.segment().toArray(Be.BYTE);
            }
            if (blocks.size() >= 64) {
                blocks.clear();
            }
            blocks.put(index, block);
        }
        return RefcountBlock.get(MemorySegment.ofArray(block), layout.refcountOrder(),
                cluster & (1L << layout.refcountBlockBits()) - 1);
    }

    private void awaitCompare() throws BlockException {
        long perBlock = 1L << layout.refcountBlockBits();
        long end = Math.max(references.end(), lastBlockEnd());
        long fileEnd = image.file.length() + layout.clusterMask() >> layout.clusterBits();
        for (long base = 0; base < end; base += perBlock) {
            int index = (int) (base >> layout.refcountBlockBits());
            boolean block = index < image.refcounts.tableCount()
                    && (image.refcounts.tableEntry(index) & L1Entry.OFFSET_MASK) != 0;
            if (!block) {
                long next = references.next(base);
                if (next < 0 || next >= base + perBlock) {
                    continue;
                }
            }
            for (long c = base; c < base + perBlock; c++) {
                long found = references.get(c);
                if (c < fileEnd || found != 0) { // behind the end there is nothing to leak
                    compare(c, awaitRefcount(c), found);
                }
            }
        }
    }

    private long lastBlockEnd() {
        int last = image.refcounts.tableCount();
        while (last > 0 && image.refcounts.tableEntry(last - 1) == 0) {
            last--;
        }
        return (long) last << layout.refcountBlockBits();
    }

    private void compare(long cluster, long refcount, long found) {
        if (refcount != 0) {
            usedEnd = cluster + 1;
        }
        if (refcount == found) {
            return;
        }
        String text = "cluster " + cluster + " refcount=" + Long.toUnsignedString(refcount)
                + " reference=" + found;
        if (Long.compareUnsigned(refcount, found) < 0) {
            corruptions++;
            report.error("ERROR " + text);
        } else {
            leaks++;
            report.leak("Leaked " + text);
        }
    }
}
