package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.memory.BufferPool;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes changed metadata stable, and says when freed clusters may be used again.
 *
 * <p>Two ends must leave at worst leaked clusters. After the end of this process, with all that
 * it has written in the host's page cache, every completed request is there: that is the work of
 * {@link Settling}, before a request completes. After a power cut any subset of the writes since
 * the last flush may be missing, and what was flushed is whole:
 *
 * <ol>
 * <li>the refcounts of what an L2 or L1 entry refers to, and the length of the file, are stable
 *     before the cluster is handed out ({@link Reserve});
 * <li>an entry may be stable before its data only where the host has zeroes and the guest had
 *     zeroes too; everywhere else the data is stable before the entry changes in memory
 *     ({@link DataBarrier}). A new L2 table reads as zeroes, or is stable before L1 refers to it;
 * <li>so a flush has nothing to order: what completed is in the file, and one flush of the
 *     children makes it stable;
 * <li>refcounts of {@link FreedClusters} go down, in memory, only after everything that changed
 *     before they were freed is stable. Refcounts on disk thus only ever count too high, and
 *     refcount blocks may be written at any time.
 * </ol>
 *
 * <p>One write-back runs at a time; it is needed if clusters were freed, if refcounts went down,
 * or if a write of metadata failed before. With lazy refcounts they are written at the next clean
 * close: the dirty mark has them counted anew after any other end. When a write fails, what was
 * copied is dirty again.
 */
final class WriteBack {
    /** Small refcount blocks may be dirty beyond their cache, up to this many bytes. */
    private static final int EXTRA_REFCOUNT_BYTES = 1 << 20;
    /** Freed runs after which a write-back starts by itself. */
    static final int MAX_FREED_RUNS = 4096;

    // Immutable
    private final Qcow2Image image;
    private final CoMutex flushLock = new CoMutex("the flush of qcow2 metadata");
    /** Keeps writes of refcounts in order. Who holds it never waits for the metadata lock. */
    final CoMutex refcountWrites = new CoMutex("the writes of qcow2 refcounts");

    // Any thread
    /** Writes of refcounts that failed and whose contents are not dirty again yet. */
    final AtomicInteger unresolved = new AtomicInteger();

    // Under the flush lock
    private final List<L2Slice> slices = new ArrayList<>();
    private long[] sliceChanges = new long[0];
    private long l1Changes;
    private RefcountWrite refcountWrite;
    private FreedClusters taken;
    private boolean turned;

    WriteBack(Qcow2Image image) {
        this.image = image;
    }

    /** Whether a flush of the children is not enough. Any thread; a hint but never misses. */
    private boolean isNeeded() {
        return image.l2.cache.dirtyCount() > 0 || image.l1.isDirty() || image.freed.count() > 0
                || !image.settings.lazyRefcounts() && (image.refcounts.cache.dirtyCount() > 0
                        || image.refcounts.isTableDirty());
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
                    if (!image.l1.unsettled && !image.refcounts.isTableDirty()) {
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
        int refcountLimit = refcounts.capacity()
                + (EXTRA_REFCOUNT_BYTES >> image.layout.clusterBits());
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
                awaitTakeChanges(withRefcounts);
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

    private void awaitTakeChanges(boolean withRefcounts) throws BlockException {
        taken = image.freed;
        image.freed = new FreedClusters();
        turned = image.epoch.turn();
        slices.addAll(image.l2.cache.unstable());
        sliceChanges = new long[slices.size()];
        for (int i = 0; i < sliceChanges.length; i++) {
            sliceChanges[i] = slices.get(i).changes;
        }
        l1Changes = image.l1.changes;
        if (withRefcounts) {
            refcountWrite = awaitCopyRefcounts(true);
        }
    }

    /** Copies changed refcounts to be written. Under the metadata lock. */
    RefcountWrite awaitCopyRefcounts(boolean withCounts) throws BlockException {
        CoMutex.Held order = refcountWrites.awaitLock();
        if (unresolved.get() > 0) {
            order.close();
            throw new BlockException(Kind.IO, "an earlier write of qcow2 refcounts failed");
        }
        return new RefcountWrite(image, order, withCounts);
    }

    private void awaitWrite() throws BlockException {
        if (refcountWrite != null) {
            refcountWrite.awaitWrite(false);
        }
        for (int i = 0; i < sliceChanges.length; i++) {
            image.settling.awaitSlice(slices.get(i), sliceChanges[i]);
        }
        image.settling.awaitL1(l1Changes);
        awaitFlushData();
        image.file.child.flush();
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
        if (refcountWrite != null) {
            refcountWrite.end(done);
            refcountWrite = null;
        }
        slices.clear();
        if (!done) {
            giveBackFreed();
        }
    }

    private void giveBackFreed() {
        if (taken != null) {
            image.freed.addAll(taken);
            taken = null;
        }
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
