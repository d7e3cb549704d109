package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.Preallocation;
import io.backplane.memory.BufferPool;
import java.lang.foreign.MemorySegment;

/** Changes of the virtual disk's length, one at a time. */
final class Resizer {
    private static final int SECTOR_BYTES = 512;

    // Immutable
    private final Qcow2Image image;
    private final Layout layout;
    private final Reader reader;
    private final Writer writer;
    private final Eraser eraser;
    private final boolean snapshots;
    private final CoMutex one = new CoMutex("the resize of a qcow2 image");

    Resizer(Qcow2Image image, Reader reader, Writer writer, Eraser eraser, boolean snapshots) {
        this.image = image;
        this.layout = image.layout;
        this.reader = reader;
        this.writer = writer;
        this.eraser = eraser;
        this.snapshots = snapshots;
    }

    void awaitTruncate(long length, Preallocation mode) throws BlockException {
        if (length < 0 || length % SECTOR_BYTES != 0) {
            throw new BlockException(Kind.INVALID,
                    "The new size must be a multiple of " + SECTOR_BYTES);
        }
        if (snapshots && layout.version() < 3) {
            throw new BlockException(Kind.UNSUPPORTED,
                    "Can't resize a v2 image which has snapshots");
        }
        try (CoMutex.Held _ = one.awaitLock()) {
            long old = image.size;
            if (length < old) {
                awaitShrink(length, old, mode);
            } else if (length > old) {
                awaitGrow(length, old, mode);
            }
        }
    }

    private void awaitShrink(long length, long old, Preallocation mode) throws BlockException {
        if (mode != Preallocation.OFF) {
            throw new BlockException(Kind.INVALID,
                    "Preallocation can't be used for shrinking an image");
        }
        eraser.awaitCrop(length, old);
        image.writeBack.awaitFlushAll();
        awaitWriteSize(length);
    }

    private void awaitGrow(long length, long old, Preallocation mode) throws BlockException {
        if (mode != Preallocation.OFF && image.backing != null && !layout.extendedL2()) {
            throw new BlockException(Kind.UNSUPPORTED, "Preallocation of new space above a"
                    + " backing file needs extended L2 entries");
        }
        long count = layout.l1Count(length);
        if (count > Header.MAX_L1_BYTES >> 3) {
            throw new BlockException(Kind.RANGE, "The image size is too large (try using a larger"
                    + " cluster size)");
        }
        if (count > image.l1.count()) {
            awaitGrowL1((int) count);
        }
        ImageFile data = image.data;
        if (data != image.file && data.length() < length) {
            data.child.truncate(length, false,
                    mode == Preallocation.METADATA ? Preallocation.OFF : mode, 0);
        }
        awaitZeroNew(old, length);
        if (mode != Preallocation.OFF) {
            awaitPreallocate(old, length, mode);
        }
        image.writeBack.awaitFlushAll();
        awaitWriteSize(length);
    }

    /** What is new must not show an old tail or a longer backing file. */
    private void awaitZeroNew(long old, long length) throws BlockException {
        long aligned = Math.min(length, old + layout.clusterMask() & ~layout.clusterMask());
        if (aligned > old && !reader.awaitIsZero(old, aligned - old)) {
            try (BufferPool.Buffer zeroes = image.buffers.take(aligned - old)) {
                zeroes.segment().fill((byte) 0);
                writer.pwritev(old, aligned - old, zeroes.vector(), 0, 0);
            }
        }
        if (image.backing == null || image.backing.length() <= aligned) {
            return;
        }
        long end = Math.min(length, image.backing.length());
        if (layout.version() >= 3) {
            eraser.awaitHide(aligned, end + layout.clusterMask() & ~layout.clusterMask());
        } else {
            awaitWriteZeroes(aligned, end);
        }
    }

    private void awaitWriteZeroes(long from, long end) throws BlockException {
        long step = Math.max(layout.clusterBytes(), 1 << 20);
        try (BufferPool.Buffer zeroes = image.buffers.take(step)) {
            zeroes.segment().fill((byte) 0);
            for (long at = from; at < end; at += step) {
                writer.pwritev(at, Math.min(step, end - at), zeroes.vector(), 0, 0);
            }
        }
    }

    private void awaitWriteSize(long length) throws BlockException {
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            image.file.awaitWriteLongs(Header.AT_SIZE, length);
            image.size = length; // as the header says, should the flush fail
            image.file.child.flush();
        }
    }

    private void awaitGrowL1(int count) throws BlockException {
        long bytes = (long) count << 3;
        long clusters = bytes + layout.clusterMask() >> layout.clusterBits();
        long at;
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            image.awaitMarkDirty();
            at = image.refcounts.awaitAllocateSpan(clusters);
        }
        image.writeBack.awaitWithStableTables(() -> awaitMoveL1(at, clusters, count));
    }

    private void awaitMoveL1(long at, long clusters, int count) throws BlockException {
        long[] entries = image.l1.copy(count);
        try (BufferPool.Buffer buffer = image.buffers.take(clusters << layout.clusterBits())) {
            buffer.segment().fill((byte) 0);
            MemorySegment.copy(entries, 0, buffer.segment(), Be.LONG, 0, count);
            image.file.child.pwritev(at, clusters << layout.clusterBits(), buffer.vector(), 0, 0);
        }
        image.file.child.flush();
        try (BufferPool.Buffer buffer = image.buffers.take(12)) {
            buffer.segment().set(Be.INT, 0, count);
            buffer.segment().set(Be.LONG, 4, at);
            image.file.child.pwritev(Header.AT_L1, 12, buffer.vector(), 0, 0);
        }
        long oldOffset = image.l1.offset();
        long oldClusters = ((long) image.l1.count() << 3) + layout.clusterMask()
                >> layout.clusterBits();
        image.l1.move(at, entries); // as the header says, should the flush fail
        image.metadata.add(at, (long) count << 3, MetadataMap.ACTIVE_L1);
        image.file.child.flush();
        if (oldClusters > 0) {
            image.metadata.remove(oldOffset, oldClusters << layout.clusterBits());
            image.free(oldOffset, oldClusters, FreedClusters.OTHER);
        }
    }

    /** Gives every cluster of [old, length) its place. */
    private void awaitPreallocate(long old, long length, Preallocation mode)
            throws BlockException {
        if (mode != Preallocation.METADATA && !layout.dataFile()) {
            long clusters = (length - old >> layout.clusterBits()) + 2;
            long tables = (clusters >> layout.l2Bits()) + 2;
            long blocks = (clusters + tables >> layout.refcountBlockBits()) + 2;
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                image.file.awaitReserve(image.file.usedEnd()
                        + (clusters + tables + blocks << layout.clusterBits()), mode);
            }
        }
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            image.refcounts.hint(image.file.usedEnd() + layout.clusterMask()
                    >> layout.clusterBits());
        }
        long at = old & ~layout.clusterMask();
        while (at < length) {
            image.writeBack.awaitBalance();
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                at = awaitPlace(at, length);
            }
        }
    }

    private long awaitPlace(long at, long length) throws BlockException {
        L2Slice slice = image.l2.awaitWritable(at);
        int index = image.l2.indexOf(at);
        int max = (int) Math.min(length - at + layout.clusterMask() >> layout.clusterBits(),
                slice.count() - index);
        if (slice.entry(index) != 0 || slice.bitmap(index) != 0) {
            return at + layout.clusterBytes();
        }
        int run = 1;
        while (run < max && slice.entry(index + run) == 0 && slice.bitmap(index + run) == 0) {
            run++;
        }
        long host = at;
        boolean fresh;
        if (layout.dataFile()) {
            fresh = image.data.awaitUse(at, (long) run << layout.clusterBits());
        } else {
            host = image.reserve.awaitTake(run);
            run = (int) image.reserve.takenCount();
            fresh = image.reserve.takenFresh();
        }
        long bytes = (long) run << layout.clusterBits();
        if (!fresh && !layout.extendedL2()) {
            image.data.awaitWriteZeroes(host, bytes);
            image.data.child.flush();
        }
        for (int i = 0; i < run; i++) {
            slice.set(index + i, host + ((long) i << layout.clusterBits()) | L2Entry.COPIED, 0);
        }
        return at + bytes;
    }
}
