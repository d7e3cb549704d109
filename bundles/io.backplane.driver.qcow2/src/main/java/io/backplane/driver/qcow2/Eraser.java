package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.RequestFlags;

/**
 * Write-zeroes and discard: changes of L2 entries, slice by slice under the metadata lock, after
 * allocating writes of the same clusters. What they give up is freed at the next write-back.
 */
final class Eraser {
    private enum How {
        /** Reads as zeroes, stays allocated. */
        ZERO,
        /** Reads as zeroes, gives its clusters back. */
        UNMAP,
        /** As UNMAP, but what nothing below shows through needs no entry. */
        DISCARD,
        /** No entry at all. */
        CROP
    }

    // Immutable
    private final Qcow2Image image;
    private final Layout layout;
    private final AllocationList allocations;

    Eraser(Qcow2Image image, AllocationList allocations) {
        this.image = image;
        this.layout = image.layout;
        this.allocations = allocations;
    }

    /** Makes a range read as zeroes; NOT_SUPPORTED if data must be written for it. */
    void awaitZero(long offset, long bytes, int flags) throws BlockException {
        long unit = 1L << layout.unitBits();
        long end = offset + bytes;
        if ((offset & unit - 1) != 0 || (end & unit - 1) != 0 && end != image.size) {
            throw BlockException.NOT_SUPPORTED;
        }
        boolean v2 = layout.version() < 3;
        if (v2 && image.backing != null) {
            throw BlockException.NOT_SUPPORTED;
        }
        if (image.rawDataFile) {
            image.data.child.pwriteZeroes(offset, bytes, flags & RequestFlags.MAY_UNMAP);
        }
        boolean unmap = (flags & RequestFlags.MAY_UNMAP) != 0 && !image.rawDataFile;
        awaitEach(offset, end + unit - 1 & -unit, v2 || unmap ? How.UNMAP : How.ZERO);
    }

    /** Hides what lies below [offset, end), whole clusters behind the length. */
    void awaitHide(long offset, long end) throws BlockException {
        if (offset < end) {
            awaitEach(offset, end, How.ZERO);
        }
    }

    /** Gives whole clusters inside a range back; they read as zeroes afterwards. */
    void awaitDiscard(long offset, long bytes) throws BlockException {
        if (layout.version() < 3 && image.backing != null) {
            throw BlockException.NOT_SUPPORTED;
        }
        if (image.rawDataFile) {
            if (image.settings.passRequest()) {
                image.data.child.pdiscard(offset, bytes);
            }
            return;
        }
        long end = offset + bytes == image.size
                ? offset + bytes + layout.clusterMask() : offset + bytes;
        awaitWhole(offset, end, How.DISCARD);
    }

    /** Removes the entries of whole clusters from {@code offset} to {@code end}, for a resize. */
    void awaitCrop(long offset, long end) throws BlockException {
        awaitWhole(offset, end + layout.clusterMask(), How.CROP);
    }

    private void awaitWhole(long offset, long end, How how) throws BlockException {
        long from = offset + layout.clusterMask() & ~layout.clusterMask();
        long to = end & ~layout.clusterMask();
        if (from < to) {
            awaitEach(from, to, how);
        }
    }

    private void awaitEach(long offset, long end, How how) throws BlockException {
        long at = offset;
        while (at < end) {
            image.writeBack.awaitBalance();
            image.reserve.awaitRefill();
            long from = at;
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                at = awaitStep(from, end, how);
            }
            image.settling.awaitSettled(image.l2.find(from));
        }
    }

    /** Handles what one slice covers; gives where to go on. */
    private long awaitStep(long at, long end, How how) throws BlockException {
        image.checkUsable();
        boolean leavesNothing = how == How.CROP || image.backing == null && !image.rawDataFile;
        if (leavesNothing && !image.l2.hasTable(at)) {
            return Math.min(end, (at & -layout.l2CoverageBytes()) + layout.l2CoverageBytes());
        }
        long sliceEnd = (at >> image.l2.sliceShift()) + 1 << image.l2.sliceShift();
        long stop = Math.min(end, sliceEnd);
        Allocation other = allocations.firstIn(at & ~layout.clusterMask(),
                stop + layout.clusterMask() & ~layout.clusterMask());
        if (other != null) {
            other.waiters.awaitWake(other);
            return at;
        }
        L2Slice slice = image.l2.awaitWritable(at);
        while (at < stop) {
            long clusterEnd = Math.min(stop, (at & ~layout.clusterMask()) + layout.clusterBytes());
            int index = image.l2.indexOf(at);
            if (clusterEnd - at < layout.clusterBytes()) {
                eraseUnits(slice, index, at, clusterEnd);
            } else {
                eraseCluster(slice, index, at, how);
            }
            at = clusterEnd;
        }
        return at;
    }

    private void eraseCluster(L2Slice slice, int index, long guest, How how)
            throws BlockException {
        long old = slice.entry(index);
        long oldMap = slice.bitmap(index);
        boolean host = L2Entry.hasHost(layout, old);
        boolean something = host || old != 0 || oldMap != 0;
        if (!something && (how == How.CROP || image.backing == null && !image.rawDataFile)) {
            return;
        }
        long entry;
        long map = 0;
        if (how == How.CROP) {
            entry = 0;
        } else {
            boolean keep = how == How.ZERO && host;
            entry = keep ? old : 0;
            if (layout.extendedL2()) {
                map = L2Entry.BITMAP_ALL_ZERO;
            } else if (layout.version() >= 3) {
                entry |= L2Entry.ZERO;
            }
            if (keep) {
                change(slice, index, entry, map, old, oldMap);
                return;
            }
        }
        if (change(slice, index, entry, map, old, oldMap)) {
            image.freeEntry(old, FreedClusters.REQUEST);
            if (layout.dataFile() && host && image.settings.passRequest()) {
                image.data.child.pdiscard(guest, layout.clusterBytes());
            }
        }
    }

    private static boolean change(L2Slice slice, int index, long entry, long map, long old,
            long oldMap) {
        if (entry == old && map == oldMap) {
            return false;
        }
        slice.set(index, entry, map);
        return true;
    }

    /** Subclusters [at, end) of one cluster, with extended L2. */
    private void eraseUnits(L2Slice slice, int index, long at, long end) throws BlockException {
        long old = slice.entry(index);
        if (L2Entry.isCompressed(old)) {
            throw BlockException.NOT_SUPPORTED;
        }
        int first = (int) ((at & layout.clusterMask()) >> layout.unitBits());
        long bits = L2Entry.bits(first, first + (int) (end - at >> layout.unitBits()));
        long oldMap = slice.bitmap(index);
        change(slice, index, old, oldMap & ~bits | bits << 32, old, oldMap);
    }
}
