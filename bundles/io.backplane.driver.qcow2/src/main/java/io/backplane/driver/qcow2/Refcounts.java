package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.memory.BufferPool;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * Reference counts of host clusters, and the allocator above them. Everything needs the metadata
 * lock.
 *
 * <p>All changes are made in memory. An increase must be stable before a table that refers to the
 * cluster is written, for which {@link Reserve} cares; a decrease is made only after the tables
 * without the reference are stable, so refcount blocks may be written at any time. A cut at any
 * point thus leaves at worst refcounts that are too high.
 *
 * <p>A refcount block that is missing is placed at the start of the range it describes, so it
 * counts itself. When the refcount table is full, a bigger one is written together with its
 * refcount blocks at the start of the first range without a block; this is rare and flushes on
 * the spot.
 */
final class Refcounts {
    // Immutable
    private final Qcow2Image image;
    private final Layout layout;
    final TableCache<RefcountBlock> cache;

    // Under the metadata lock
    private long[] table;
    private long tableOffset;
    private BitSet dirtySectors = new BitSet();
    private long hint;
    private long allocatedCount;
    private boolean allocatedFresh;

    Refcounts(Qcow2Image image, long tableOffset, long[] table, int cacheBlocks) {
        this.image = image;
        this.layout = image.layout;
        this.tableOffset = tableOffset;
        this.table = table;
        cache = new TableCache<>(cacheBlocks);
    }

    long tableOffset() {
        return tableOffset;
    }

    int tableCount() {
        return table.length;
    }

    long tableEntry(int index) {
        return table[index];
    }

    boolean isTableDirty() {
        return !dirtySectors.isEmpty();
    }

    BitSet takeDirtySectors() {
        BitSet taken = dirtySectors;
        dirtySectors = new BitSet();
        return taken;
    }

    void dirtyAgain(BitSet sectors) {
        dirtySectors.or(sectors);
    }

    private long blockOf(long cluster) {
        return cluster >> layout.refcountBlockBits();
    }

    private int indexOf(long cluster) {
        return (int) cluster & (1 << layout.refcountBlockBits()) - 1;
    }

    /** Host offset of block {@code index}, 0: none. */
    long blockOffset(long index) throws BlockException {
        if (index >= table.length) {
            return 0;
        }
        long offset = table[(int) index] & L1Entry.OFFSET_MASK;
        if ((offset & layout.clusterMask()) != 0) {
            throw image.corrupt(String.format("Refblock offset %#x unaligned (reftable index:"
                    + " %#x)", offset, index));
        }
        if (offset != 0) {
            image.checkInFile("Refblock", offset);
        }
        return offset;
    }

    private RefcountBlock awaitBlock(long index) throws BlockException {
        RefcountBlock block = cache.find(index);
        if (block != null) {
            return block;
        }
        long offset = blockOffset(index);
        if (offset == 0) {
            return null;
        }
        byte[] bytes = new byte[layout.clusterBytes()];
        try (BufferPool.Buffer buffer = image.file.awaitRead(offset, bytes.length)) {
            MemorySegment.copy(buffer.segment(), 0, MemorySegment.ofArray(bytes), 0,
                    bytes.length);
        }
        block = new RefcountBlock(index, MemorySegment.ofArray(bytes), layout.refcountOrder());
        cache.add(block);
        return block;
    }

    /** Refcount of host cluster {@code cluster}. */
    long awaitGet(long cluster) throws BlockException {
        RefcountBlock block = awaitBlock(blockOf(cluster));
        return block == null ? 0 : block.get(indexOf(cluster));
    }

    /** How many clusters the last allocation took. */
    long allocatedCount() {
        return allocatedCount;
    }

    /** Whether nothing ever wrote to what the last allocation took. */
    boolean allocatedFresh() {
        return allocatedFresh;
    }

    /**
     * Takes one to {@code max} clusters in a row; {@link #allocatedCount} says how many. Their
     * refcounts are not stable yet: see {@link Reserve}.
     *
     * @return host offset in bytes
     */
    long awaitAllocate(long max) throws BlockException {
        long cluster = hint;
        for (;;) {
            RefcountBlock block = awaitBlock(blockOf(cluster));
            if (block == null) {
                block = awaitAddBlock(blockOf(cluster));
                cluster = Math.max(cluster, (block.key << layout.refcountBlockBits()) + 1);
                continue;
            }
            int size = 1 << layout.refcountBlockBits();
            int index = indexOf(cluster);
            while (index < size && block.get(index) != 0) {
                index++;
            }
            cluster = (block.key << layout.refcountBlockBits()) + index;
            if (index == size) {
                continue;
            }
            int end = (int) Math.min(size, index + max);
            int free = index + 1;
            while (free < end && block.get(free) == 0) {
                free++;
            }
            return awaitTake(block, cluster, index, free);
        }
    }

    private long awaitTake(RefcountBlock block, long cluster, int from, int to)
            throws BlockException {
        long offset = cluster << layout.clusterBits();
        long bytes = (long) (to - from) << layout.clusterBits();
        if (offset + bytes > L1Entry.OFFSET_MASK) {
            throw new BlockException(Kind.RANGE, "qcow2 image file too large");
        }
        image.checkOverlap(offset, bytes);
        boolean fresh = image.file.awaitUse(offset, bytes);
        for (int i = from; i < to; i++) {
            block.set(i, 1);
        }
        hint = cluster + (to - from);
        allocatedCount = to - from;
        allocatedFresh = fresh;
        return offset;
    }

    /** Takes exactly {@code count} clusters in a row; gives their host offset in bytes. */
    long awaitAllocateSpan(long count) throws BlockException {
        if (count == 1) {
            return awaitAllocate(1);
        }
        long run = 0;
        long limit = (long) table.length << layout.refcountBlockBits();
        for (long cluster = hint; cluster < limit; cluster++) {
            RefcountBlock block = awaitBlock(blockOf(cluster));
            if (block == null) {
                break;
            }
            run = block.get(indexOf(cluster)) == 0 ? run + 1 : 0;
            if (run == count) {
                image.checkOverlap(cluster + 1 - count << layout.clusterBits(),
                        count << layout.clusterBits());
                return awaitTakeSpan(cluster + 1 - count, count);
            }
        }
        long base = firstBareBlock();
        long blocks = coveringBlocks(count);
        if (base + blocks > table.length) {
            awaitGrowTable(base + blocks);
            return awaitAllocateSpan(count);
        }
        long first = base << layout.refcountBlockBits();
        image.checkOverlap(first << layout.clusterBits(),
                blocks + count << layout.clusterBits());
        for (long i = 0; i < blocks; i++) {
            addBlockAt(base + i, first + i);
        }
        return awaitTakeSpan(first, blocks + count) + (blocks << layout.clusterBits());
    }

    private long awaitTakeSpan(long first, long count) throws BlockException {
        long offset = first << layout.clusterBits();
        allocatedFresh = image.file.awaitUse(offset, count << layout.clusterBits());
        allocatedCount = count;
        for (long cluster = first; cluster < first + count; cluster++) {
            awaitBlock(blockOf(cluster)).set(indexOf(cluster), 1);
        }
        return offset;
    }

    /** First index from which on no block exists. */
    private long firstBareBlock() {
        int index = table.length;
        while (index > 0 && (table[index - 1] & L1Entry.OFFSET_MASK) == 0) {
            index--;
        }
        long used = image.file.usedEnd() + layout.clusterMask() >> layout.clusterBits();
        return Math.max(index, blockOf(used + (1L << layout.refcountBlockBits()) - 1));
    }

    /** Blocks that cover themselves and {@code count} clusters behind them. */
    private long coveringBlocks(long count) {
        long perBlock = 1L << layout.refcountBlockBits();
        long blocks = 1;
        while (blocks * perBlock < blocks + count) {
            blocks++;
        }
        return blocks;
    }

    private RefcountBlock awaitAddBlock(long index) throws BlockException {
        if (index >= table.length) {
            awaitGrowTable(index + 1);
            RefcountBlock block = awaitBlock(index);
            if (block != null) {
                return block;
            }
        }
        long cluster = index << layout.refcountBlockBits();
        long offset = cluster << layout.clusterBits();
        if (offset == 0) {
            throw image.corrupt("Preventing invalid allocation of refcount block at offset 0");
        }
        image.checkOverlap(offset, layout.clusterBytes());
        image.file.awaitUse(offset, layout.clusterBytes());
        RefcountBlock block = addBlockAt(index, cluster);
        block.set(0, 1);
        return block;
    }

    private RefcountBlock addBlockAt(long index, long cluster) {
        RefcountBlock block = new RefcountBlock(index,
                MemorySegment.ofArray(new byte[layout.clusterBytes()]), layout.refcountOrder());
        cache.add(block);
        block.markDirty(0, layout.clusterBytes());
        table[(int) index] = cluster << layout.clusterBits();
        dirtySectors.set((int) index >> 6);
        image.metadata.add(cluster << layout.clusterBits(), layout.clusterBytes(),
                MetadataMap.REFCOUNT_BLOCK);
        return block;
    }

    /** Moves to a table of at least {@code needed} entries; flushes. */
    private void awaitGrowTable(long needed) throws BlockException {
        int perClusterBits = layout.clusterBits() - 3;
        long base = firstBareBlock();
        long clusters = table.length >> perClusterBits;
        long blocks = 1;
        do {
            clusters = Math.max(clusters + (clusters + 1 >> 1),
                    Math.max(needed, base + blocks) + (1L << perClusterBits) - 1
                            >> perClusterBits);
            if (clusters << layout.clusterBits() > Header.MAX_REFCOUNT_TABLE_BYTES) {
                clusters = Header.MAX_REFCOUNT_TABLE_BYTES >> layout.clusterBits();
            }
            blocks = coveringBlocks(clusters);
        } while (base + blocks > clusters << perClusterBits
                && clusters << layout.clusterBits() < Header.MAX_REFCOUNT_TABLE_BYTES);
        if (Math.max(needed, base + blocks) > clusters << perClusterBits) {
            throw new BlockException(Kind.RANGE, "qcow2 image file too large: its refcount table"
                    + " would exceed " + Header.MAX_REFCOUNT_TABLE_BYTES + " bytes");
        }
        long first = base << layout.refcountBlockBits();
        image.checkOverlap(first << layout.clusterBits(),
                blocks + clusters << layout.clusterBits());
        long oldOffset = tableOffset;
        long oldClusters = table.length >> perClusterBits;
        table = java.util.Arrays.copyOf(table, (int) (clusters << perClusterBits));
        for (long i = 0; i < blocks; i++) {
            addBlockAt(base + i, first + i);
        }
        long at = awaitTakeSpan(first, blocks + clusters) + (blocks << layout.clusterBits());
        awaitMoveTable(at, clusters);
        image.metadata.remove(oldOffset, oldClusters << layout.clusterBits());
        image.freed.add(oldOffset >> layout.clusterBits(), oldClusters, FreedClusters.OTHER);
    }

    private void awaitMoveTable(long at, long clusters) throws BlockException {
        try (CoMutex.Held _ = image.writeBack.refcountWrites.awaitLock()) {
            awaitMoveTableAlone(at, clusters);
        }
    }

    private void awaitMoveTableAlone(long at, long clusters) throws BlockException {
        image.writeBack.awaitWriteRefcountBlocks();
        try (BufferPool.Buffer buffer = image.buffers.take(8L * table.length)) {
            MemorySegment.copy(table, 0, buffer.segment(), Be.LONG, 0, table.length);
            image.file.child.pwritev(at, 8L * table.length, buffer.vector(), 0, 0);
        }
        image.file.child.flush();
        try (BufferPool.Buffer buffer = image.buffers.take(12)) {
            buffer.segment().set(Be.LONG, 0, at);
            buffer.segment().set(Be.INT, 8, (int) clusters);
            image.file.child.pwritev(Header.AT_REFCOUNT_TABLE, 12, buffer.vector(), 0, 0);
        }
        image.file.child.flush();
        dirtySectors.clear();
        tableOffset = at;
        image.metadata.add(at, clusters << layout.clusterBits(), MetadataMap.REFCOUNT_TABLE);
    }

    /** Lowers the refcounts of [cluster, cluster + count) by one. */
    void awaitDecrement(long cluster, long count) throws BlockException {
        for (long c = cluster; c < cluster + count; c++) {
            RefcountBlock block = awaitBlock(blockOf(c));
            long refcount = block == null ? 0 : block.get(indexOf(c));
            if (refcount == 0) {
                throw image.corrupt(String.format("Refcount of cluster at %#x is zero already",
                        c << layout.clusterBits()));
            }
            block.set(indexOf(c), refcount - 1);
            if (refcount == 1) {
                hint = Math.min(hint, c);
                image.metadata.remove(c << layout.clusterBits(), 1);
            }
        }
    }

    /** Sets one refcount, adding the block it needs; for repair, with the hint at the end. */
    void awaitSet(long cluster, long refcount) throws BlockException {
        RefcountBlock block = awaitBlock(blockOf(cluster));
        if (block == null) {
            if (refcount == 0) {
                return;
            }
            block = awaitRepairBlock(blockOf(cluster));
        }
        if (block.get(indexOf(cluster)) != refcount) {
            block.set(indexOf(cluster), refcount);
        }
    }

    /** A block for a range whose clusters may be in use already: it goes behind everything. */
    private RefcountBlock awaitRepairBlock(long index) throws BlockException {
        if (index >= table.length) {
            awaitGrowTable(index + 1);
            RefcountBlock block = awaitBlock(index);
            if (block != null) {
                return block;
            }
        }
        long end = image.file.usedEnd() + layout.clusterMask() >> layout.clusterBits();
        image.file.awaitUse(end << layout.clusterBits(), layout.clusterBytes());
        RefcountBlock block = addBlockAt(index, end);
        awaitSet(end, 1);
        return block;
    }

    /** Where the search for free clusters starts, a cluster index. */
    void hint(long cluster) {
        hint = cluster;
    }
}
