package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * Brings changed metadata to disk, in an order that survives a cut at any point.
 *
 * <p>Under the metadata lock it copies everything that is dirty, so that allocations go on while
 * the copies are written. Then, each step stable before the next:
 *
 * <ol>
 * <li>refcount blocks, which only ever count too high, and the data and copy-on-write that
 *     completed before the copy;
 * <li>the refcount table, if blocks are new;
 * <li>L2 slices and L1 sectors, in any order: a new L2 table was zeroed or copied before step 1, so
 *     that L1 may point to it without what this step writes into it;
 * <li>in memory: the refcounts of {@link FreedClusters} that nothing stable refers to any more.
 * </ol>
 *
 * <p>One write-back runs at a time; a request that finds nothing dirty and none running only
 * flushes the children. With lazy refcounts the first two steps wait for the next clean close.
 * When a write fails, what was copied is dirty again.
 */
final class WriteBack {
    /** Small refcount blocks may be dirty beyond their cache, up to this many bytes. */
    private static final int EXTRA_REFCOUNT_BYTES = 1 << 20;
    private static final int MAX_RUN_BYTES = 256 << 10;
    /** Freed runs after which a write-back starts by itself. */
    static final int MAX_FREED_RUNS = 4096;

    /** Copies to be written; each list is in order of host offset when written. */
    private static final class Copy {
        final long offset;
        final BufferPool.Buffer buffer;
        final CachedTable table;
        final int from;
        final int to;

        Copy(long offset, BufferPool.Buffer buffer, CachedTable table, int from, int to) {
            this.offset = offset;
            this.buffer = buffer;
            this.table = table;
            this.from = from;
            this.to = to;
        }
    }

    // Immutable
    private final Qcow2Image image;
    private final CoMutex flushLock = new CoMutex();

    // Under the flush lock
    private final List<Copy> blocks = new ArrayList<>();
    private final List<Copy> slices = new ArrayList<>();
    private final List<Copy> tableSectors = new ArrayList<>();
    private final List<Copy> l1Sectors = new ArrayList<>();
    private BitSet takenTable;
    private BitSet takenL1;
    private FreedClusters taken;
    private boolean turned;

    WriteBack(Qcow2Image image) {
        this.image = image;
    }

    /** Whether a flush of the children is not enough. Any thread; a hint but never misses. */
    private boolean isNeeded() {
        return flushLock.isLocked() || image.l2.cache.dirtyCount() > 0
                || image.refcounts.cache.dirtyCount() > 0 || image.l1.isDirty()
                || image.refcounts.isTableDirty() || image.freed.count() > 0;
    }

    /** Makes everything that was completed before the call stable. */
    void awaitFlush() throws BlockException {
        if (image.readOnly || !isNeeded()) {
            awaitFlushData();
            image.file.child.flush();
            return;
        }
        try (CoMutex.Held _ = flushLock.awaitLock()) {
            awaitRun(!image.settings.lazyRefcounts());
        }
    }

    /** As {@link #awaitFlush}, but everything, twice if need be, and nothing is left freed. */
    void awaitFlushAll() throws BlockException {
        try (CoMutex.Held _ = flushLock.awaitLock()) {
            awaitRun(true);
            awaitRun(true);
            if (image.refcounts.cache.dirtyCount() > 0) {
                awaitRun(true);
            }
        }
    }

    /** What needs every table on disk to be as in memory; runs under both locks. */
    interface StableAction {
        void awaitRun() throws BlockException;
    }

    /** Writes everything back, then runs {@code action} before anything is dirty in L1 again. */
    void awaitWithStableTables(StableAction action) throws BlockException {
        try (CoMutex.Held _ = flushLock.awaitLock()) {
            for (;;) {
                awaitRun(true);
                try (CoMutex.Held _ = image.lock.awaitLock()) {
                    if (!image.l1.isDirty() && !image.refcounts.isTableDirty()) {
                        action.awaitRun();
                        return;
                    }
                }
            }
        }
    }

    /** Keeps the dirty part of the caches within bounds; called without locks. */
    void awaitBalance() throws BlockException {
        TableCache<L2Slice> l2 = image.l2.cache;
        TableCache<RefcountBlock> refcounts = image.refcounts.cache;
        int refcountLimit = refcounts.capacity() + (EXTRA_REFCOUNT_BYTES >> image.layout.clusterBits());
        boolean full = l2.dirtyCount() > l2.capacity() - (l2.capacity() >> 2)
                || !image.settings.lazyRefcounts()
                        && refcounts.dirtyCount() > refcountLimit
                || image.freed.count() > MAX_FREED_RUNS;
        if (!full) {
            return;
        }
        try (CoMutex.Held _ = flushLock.awaitLock()) {
            if (l2.dirtyCount() > l2.capacity() >> 1
                    || refcounts.dirtyCount() > refcountLimit >> 1
                    || image.freed.count() > MAX_FREED_RUNS) {
                awaitRun(!image.settings.lazyRefcounts());
            }
        }
    }

    private void awaitFlushData() throws BlockException {
        ImageFile data = image.data;
        if (data != null && data != image.file) {
            data.child.flush();
        }
    }

    private void awaitRun(boolean withRefcounts) throws BlockException {
        boolean done = false;
        try {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                copyDirty(withRefcounts);
            }
            awaitWrite();
            done = true;
        } finally {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                release(done);
            }
        }
        awaitReleaseFreed();
    }

    private void copyDirty(boolean withRefcounts) throws BlockException {
        if (withRefcounts) {
            copyTables(image.refcounts.cache, blocks);
            takenTable = image.refcounts.takeDirtySectors();
            copySectors(takenTable, image.refcounts.tableOffset(), tableSectors, true);
        }
        copyTables(image.l2.cache, slices);
        takenL1 = image.l1.takeDirty();
        copySectors(takenL1, image.l1.offset(), l1Sectors, false);
        taken = image.freed;
        image.freed = new FreedClusters();
        turned = image.epoch.turn();
    }

    private void copyTables(TableCache<? extends CachedTable> cache, List<Copy> copies)
            throws BlockException {
        for (CachedTable table : cache.takeDirty()) {
            int from = table.dirtyFrom();
            int to = table.dirtyTo();
            long host = table instanceof L2Slice
                    ? image.l2.sliceOffset(table.key) : image.refcounts.blockOffset(table.key);
            BufferPool.Buffer buffer = image.buffers.take(to - from);
            table.encode(from, to, buffer.segment(), 0);
            table.markClean();
            table.writing = true;
            copies.add(new Copy(host + from, buffer, table, from, to));
        }
        copies.sort(Comparator.comparingLong(copy -> copy.offset));
    }

    private void copySectors(BitSet sectors, long tableOffset, List<Copy> copies,
            boolean refcountTable) {
        int perSector = L1Table.SECTOR_BYTES >> 3;
        for (int i = sectors.nextSetBit(0); i >= 0; i = sectors.nextSetBit(i + 1)) {
            int first = i * perSector;
            int end = Math.min(first + perSector,
                    refcountTable ? image.refcounts.tableCount() : image.l1.count());
            BufferPool.Buffer buffer = image.buffers.take((end - first) * 8L);
            for (int k = first; k < end; k++) {
                buffer.segment().set(Be.LONG, (k - first) * 8L,
                        refcountTable ? image.refcounts.tableEntry(k) : image.l1.get(k));
            }
            copies.add(new Copy(tableOffset + first * 8L, buffer, null, 0, (end - first) * 8));
        }
    }

    private void awaitWrite() throws BlockException {
        awaitWriteCopies(blocks);
        if (!tableSectors.isEmpty()) {
            image.file.child.flush();
            awaitWriteCopies(tableSectors);
        }
        if (!slices.isEmpty() || !l1Sectors.isEmpty()) {
            awaitFlushData();
            image.file.child.flush();
            awaitWriteCopies(slices);
            awaitWriteCopies(l1Sectors);
        }
        awaitFlushData();
        image.file.child.flush();
    }

    /** Writes copies, neighbours together. */
    private void awaitWriteCopies(List<Copy> copies) throws BlockException {
        if (copies.isEmpty()) {
            return;
        }
        IoVector run = new IoVector();
        long start = 0;
        for (Copy copy : copies) {
            if (run.bytes() > 0 && (copy.offset != start + run.bytes()
                    || run.bytes() >= MAX_RUN_BYTES)) {
                image.file.child.pwritev(start, run.bytes(), run, 0, 0);
                run.clear();
            }
            if (run.bytes() == 0) {
                start = copy.offset;
            }
            run.add(copy.buffer.segment(), 0, copy.to - copy.from);
        }
        image.file.child.pwritev(start, run.bytes(), run, 0, 0);
    }

    /**
     * Writes refcount blocks now, for a growing refcount table; the caller holds the metadata
     * lock. They stay as dirty as they are: an older copy may be on its way to the same place.
     */
    void awaitWriteRefcountBlocks() throws BlockException {
        for (RefcountBlock block : image.refcounts.cache.unstable()) {
            try (BufferPool.Buffer buffer = image.buffers.take(block.bytes)) {
                block.encode(0, block.bytes, buffer.segment(), 0);
                image.file.child.pwritev(image.refcounts.blockOffset(block.key), block.bytes,
                        buffer.vector(), 0, 0);
            }
        }
    }

    private void release(boolean done) {
        releaseCopies(blocks, done);
        releaseCopies(tableSectors, done);
        releaseCopies(slices, done);
        releaseCopies(l1Sectors, done);
        if (!done) {
            if (takenTable != null) {
                image.refcounts.dirtyAgain(takenTable);
            }
            if (takenL1 != null) {
                image.l1.dirtyAgain(takenL1);
            }
            giveBackFreed();
        }
        takenTable = null;
        takenL1 = null;
    }

    private void giveBackFreed() {
        if (taken != null) {
            image.freed.addAll(taken);
            taken = null;
        }
    }

    private void releaseCopies(List<Copy> copies, boolean done) {
        for (Copy copy : copies) {
            copy.buffer.close();
            if (copy.table != null) {
                copy.table.writing = false;
                if (!done) {
                    copy.table.markDirty(copy.from, copy.to);
                }
            }
        }
        copies.clear();
    }

    /** Lowers the refcounts of what was freed before the copies were made. */
    private void awaitReleaseFreed() throws BlockException {
        FreedClusters freed = taken;
        if (freed == null || freed.count() == 0) {
            taken = null;
            return;
        }
        if (!turned || !image.epoch.isQuiet()) {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                giveBackFreed();
            }
            return;
        }
        taken = null;
        for (int i = 0; i < freed.count(); i++) {
            if (image.settings.passDiscard(freed.reason(i))) {
                awaitDiscard(freed.cluster(i), freed.clusters(i));
            }
        }
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            for (int i = 0; i < freed.count(); i++) {
                image.refcounts.awaitDecrement(freed.cluster(i), freed.clusters(i));
            }
        }
    }

    /** Discards the host clusters that nobody else refers to; they are still taken. */
    private void awaitDiscard(long cluster, long clusters) throws BlockException {
        int bits = image.layout.clusterBits();
        long start = cluster;
        long end = cluster + clusters;
        while (start < end) {
            long stop = start;
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                while (stop < end && image.refcounts.awaitGet(stop) == 1) {
                    stop++;
                }
            }
            if (stop > start) {
                try {
                    image.file.child.pdiscard(start << bits, stop - start << bits);
                } catch (BlockException e) {
                    return; // only a hint: the clusters are free all the same
                }
            }
            start = stop + 1;
        }
    }
}
