package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.memory.BufferPool;
import java.util.BitSet;

/**
 * Brings changed L2 slices and L1 sectors into the image file (not to stable storage) before the
 * requests that changed them, or that rely on the change, complete: the end of this process loses
 * nothing that the host's kernel has.
 *
 * <p>One write of a slice is on its way at a time. Who comes meanwhile waits; the first of the
 * waiters then writes the changes of them all. The same holds for the L1 table, whose sectors
 * follow the slice.
 */
final class Settling {
    // Immutable
    private final Qcow2Image image;

    // Under the metadata lock
    private final CoQueue waiters;

    Settling(Qcow2Image image) {
        this.image = image;
        waiters = new CoQueue(image.lock);
    }

    /** Returns when all changes so far of a slice (or null) and of L1 are in the file. */
    void awaitSettled(L2Slice slice) throws BlockException {
        if (slice != null && slice.unsettled) {
            awaitSlice(slice, -1);
        }
        if (image.l1.unsettled) {
            awaitL1(-1);
        }
    }

    /** As {@link #awaitSettled} for the slice's changes up to {@code change} (-1: all so far). */
    void awaitSlice(L2Slice slice, long change) throws BlockException {
        long until = change;
        for (;;) {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                until = until < 0 ? slice.changes : until;
                while (slice.settled < until && slice.writing > 0) {
                    waiters.awaitWake(slice);
                }
                if (slice.settled >= until) {
                    return;
                }
                begin(slice);
            }
            awaitWrite(slice);
        }
    }

    /**
     * Copies the changes of a slice, which has some, for the caller to {@link #awaitWrite} without
     * the lock; false if a write is on its way. Under the metadata lock.
     */
    boolean begin(L2Slice slice) throws BlockException {
        if (slice.writing > 0) {
            return false;
        }
        slice.copyFrom = slice.dirtyFrom();
        slice.copyTo = slice.dirtyTo();
        slice.copyChange = slice.changes;
        slice.copyOffset = image.l2.sliceOffset(slice.key) + slice.copyFrom;
        slice.copy = image.buffers.take(slice.copyTo - slice.copyFrom);
        slice.encode(slice.copyFrom, slice.copyTo, slice.copy.segment(), 0);
        slice.markClean();
        slice.writing++;
        slice.writer = Coroutine.current();
        return true;
    }

    /** Writes what {@link #begin} copied. */
    void awaitWrite(L2Slice slice) throws BlockException {
        boolean done = false;
        try {
            image.file.child.pwritev(slice.copyOffset, slice.copyTo - slice.copyFrom,
                    slice.copy.vector(), 0, 0);
            done = true;
        } finally {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                end(slice, done);
            }
        }
    }

    private void end(L2Slice slice, boolean done) {
        slice.copy.close();
        slice.copy = null;
        slice.writing--;
        slice.writer = null;
        if (done) {
            slice.settled = slice.copyChange;
            slice.unsettled = slice.isDirty();
        } else {
            slice.markDirty(slice.copyFrom, slice.copyTo);
        }
        waiters.wakeAll();
    }

    /** Changes of L1 up to {@code change} (-1: all so far). */
    void awaitL1(long change) throws BlockException {
        L1Table l1 = image.l1;
        long until = change;
        for (;;) {
            BitSet sectors;
            BufferPool.Buffer buffer;
            long covered;
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                until = until < 0 ? l1.changes : until;
                while (l1.settled < until && l1.writer != null) {
                    waiters.awaitWake(l1);
                }
                if (l1.settled >= until) {
                    return;
                }
                sectors = l1.takeDirty();
                covered = l1.changes;
                buffer = image.buffers.take((long) sectors.cardinality() * L1Table.SECTOR_BYTES);
                copySectors(l1, sectors, buffer);
                l1.writer = Coroutine.current();
            }
            awaitWriteL1(l1, sectors, buffer, covered);
        }
    }

    private static int sectorEnd(L1Table l1, int sector) {
        return Math.min((sector + 1) * (L1Table.SECTOR_BYTES >> 3), l1.count());
    }

    private static void copySectors(L1Table l1, BitSet sectors, BufferPool.Buffer buffer) {
        long at = 0;
        for (int i = sectors.nextSetBit(0); i >= 0; i = sectors.nextSetBit(i + 1)) {
            for (int k = i * (L1Table.SECTOR_BYTES >> 3); k < sectorEnd(l1, i); k++) {
                buffer.segment().set(Be.LONG, at, l1.get(k));
                at += 8;
            }
        }
    }

    private void awaitWriteL1(L1Table l1, BitSet sectors, BufferPool.Buffer buffer, long covered)
            throws BlockException {
        boolean done = false;
        try {
            long at = 0;
            for (int i = sectors.nextSetBit(0); i >= 0; i = sectors.nextSetBit(i + 1)) {
                int first = i * (L1Table.SECTOR_BYTES >> 3);
                long bytes = (sectorEnd(l1, i) - first) * 8L;
                image.file.child.pwritev(l1.offset() + first * 8L, bytes, buffer.vector(), at, 0);
                at += bytes;
            }
            done = true;
        } finally {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                buffer.close();
                l1.writer = null;
                if (done) {
                    l1.settled = covered;
                    l1.unsettled = l1.isDirty();
                } else {
                    l1.dirtyAgain(sectors);
                }
                waiters.wakeAll();
            }
        }
    }
}
