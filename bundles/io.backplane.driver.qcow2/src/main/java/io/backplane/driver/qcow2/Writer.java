package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.RequestFlags;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;

/**
 * Writes.
 *
 * <p>A range that is stored, unshared, is overwritten where it is: one lookup without a lock, one
 * child request for each contiguous run. The {@link WriteEpoch} keeps its clusters from reuse
 * meanwhile.
 *
 * <p>Everything else allocates, in three steps. Under the metadata lock: wait for other
 * allocations of the same clusters, take host clusters in a row, and enter the
 * {@link AllocationList}. Without the lock: write the data, in one request with what must be
 * copied around it. Under the lock again: put the new L2 entries in place and free what they
 * replaced. Then {@link Settling} writes the entries to the file; a write in place that meets
 * entries on their way there waits for them. What has to be copied is read like any read, since
 * the L2 entries still say what was there. Host clusters that the file never held before need no
 * zeroes around the data.
 *
 * <p>With extended L2 only whole subclusters are made valid, and a stored cluster with missing
 * subclusters stays where it is; a shared or compressed one is copied as a whole.
 */
final class Writer {
    /** Zeroes up to this many bytes go with the data; more are left to the child's own way. */
    private static final long MAX_ZERO_GATHER = 128 << 10;

    // Immutable
    private final Qcow2Image image;
    private final Layout layout;
    private final Reader reader;
    private final AllocationList allocations;

    Writer(Qcow2Image image, Reader reader, AllocationList allocations) {
        this.image = image;
        this.layout = image.layout;
        this.reader = reader;
        this.allocations = allocations;
    }

    void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        long at = offset;
        long left = bytes;
        long position = from;
        int childFlags = flags & RequestFlags.FUA;
        while (left > 0) {
            long done = awaitInPlace(at, left, iov, position, childFlags);
            if (done == 0) {
                image.writeBack.awaitBalance();
                image.reserve.awaitRefill();
                done = awaitAllocating(at, left, iov, position);
            }
            at += done;
            left -= done;
            position += done;
        }
    }

    /** Overwrites what can be overwritten from {@code offset} on; 0: nothing. */
    private long awaitInPlace(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        L2Slice slice = image.l2.find(offset);
        if (slice == null) {
            slice = image.l2.awaitSlice(offset);
            if (slice == null) {
                return 0;
            }
        }
        int index = image.l2.indexOf(offset);
        int entered = image.epoch.enter();
        try {
            int version;
            long entry;
            long found;
            do {
                version = slice.version();
                entry = slice.entry(index);
                found = Lookup.classify(layout, slice, index, entry, slice.bitmap(index), offset,
                        bytes);
            } while (layout.extendedL2() && !slice.unchanged(version));
            if (Lookup.kind(found) == L2Entry.INVALID) {
                throw image.l2.invalidEntry(slice, index, offset);
            }
            if (Lookup.kind(found) != L2Entry.DATA || !L2Entry.isCopied(entry)) {
                return 0;
            }
            long run = Lookup.bytes(found);
            long host = L2Entry.offset(entry) + (offset & layout.clusterMask());
            ImageFile data = image.data;
            if (data == image.file) {
                image.checkOverlap(host, run);
            }
            if (host + run > data.length()) {
                try (CoMutex.Held _ = image.lock.awaitLock()) {
                    data.awaitUse(host, run);
                }
            }
            data.child.pwritev(host, run, iov, from, flags);
            if (slice.unsettled || image.l1.unsettled) {
                image.settling.awaitSettled(slice);
            }
            return run;
        } finally {
            image.epoch.exit(entered);
        }
    }

    /** Writes a range that needs new clusters or subclusters; 0: look again, it changed. */
    private long awaitAllocating(long offset, long bytes, IoVector iov, long from)
            throws BlockException {
        Allocation a;
        long end;
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            a = awaitPrepare(offset, bytes);
            if (a == null) {
                return 0;
            }
            end = Math.min(offset + bytes, a.guestEnd(layout.clusterBits()));
        }
        boolean done = false;
        L2Slice slice = null;
        long change = 0;
        boolean first = false;
        try {
            awaitWriteData(a, offset, end, iov, from);
            if (a.barrier) {
                image.barrier.awaitStable();
            }
            done = true;
        } finally {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                slice = finish(a, done);
                if (slice != null) {
                    change = slice.changes;
                    first = image.settling.begin(slice);
                }
            }
        }
        if (first) {
            image.settling.awaitWrite(slice);
        } else {
            image.settling.awaitSlice(slice, change);
        }
        if (image.l1.unsettled) {
            image.settling.awaitSettled(null);
        }
        return end - offset;
    }

    private Allocation awaitPrepare(long offset, long bytes) throws BlockException {
        long mask = layout.clusterMask();
        long start = offset & ~mask;
        for (;;) {
            image.checkUsable();
            L2Slice slice = image.l2.awaitWritable(offset);
            int index = image.l2.indexOf(offset);
            int max = (int) Math.min(offset - start + bytes + mask >> layout.clusterBits(),
                    slice.count() - index);
            Allocation other = allocations.firstIn(start,
                    start + ((long) max << layout.clusterBits()));
            if (other != null && other.guest <= start) {
                other.waiters.awaitWake(other);
                continue;
            }
            if (other != null) {
                max = (int) (other.guest - start >> layout.clusterBits());
            }
            if (isInPlace(slice, index, offset, bytes)) {
                return null;
            }
            return awaitTake(slice, index, start, max, offset, bytes);
        }
    }

    private boolean isInPlace(L2Slice slice, int index, long offset, long bytes) {
        long entry = slice.entry(index);
        long found = Lookup.classify(layout, slice, index, entry, slice.bitmap(index), offset,
                bytes);
        return Lookup.kind(found) == L2Entry.DATA && L2Entry.isCopied(entry);
    }

    /** Whether a cluster keeps its place and gets new contents there. */
    private boolean isReusable(long entry) {
        return L2Entry.isCopied(entry) && L2Entry.hasHost(layout, entry)
                && (L2Entry.offset(entry) & layout.clusterMask()) == 0;
    }

    private Allocation awaitTake(L2Slice slice, int index, long start, int max, long offset,
            long bytes) throws BlockException {
        long entry = slice.entry(index);
        boolean reuse = isReusable(entry);
        int run = 1;
        if (reuse) {
            while (run < max && isReusable(slice.entry(index + run))
                    && L2Entry.offset(slice.entry(index + run)) == L2Entry.offset(entry)
                            + ((long) run << layout.clusterBits())
                    && !hasData(slice, index + run)) {
                run++;
            }
        } else {
            while (run < max && !isReusable(slice.entry(index + run))) {
                run++;
            }
        }
        // What the lock may be given up for must be done before the entry in the list.
        long host;
        boolean fresh = false;
        if (reuse) {
            host = L2Entry.offset(entry);
            image.checkOverlapOfData(host, (long) run << layout.clusterBits());
        } else if (layout.dataFile()) {
            host = start;
            fresh = image.data.awaitUse(host, (long) run << layout.clusterBits());
        } else {
            host = image.reserve.awaitTake(run);
            run = (int) image.reserve.takenCount();
            fresh = image.reserve.takenFresh();
        }
        Allocation a = allocations.add();
        a.guest = start;
        a.clusters = run;
        a.host = host;
        a.reuse = reuse;
        a.fresh = fresh;
        setValidRange(a, slice, index, offset, Math.min(offset + bytes,
                a.guestEnd(layout.clusterBits())));
        return a;
    }

    private boolean hasData(L2Slice slice, int index) {
        return layout.extendedL2() ? (slice.bitmap(index) & L2Entry.BITMAP_ALL_ALLOCATED) != 0
                : (slice.entry(index) & L2Entry.ZERO) == 0;
    }

    /** How far around [offset, end) the clusters must be filled. */
    private void setValidRange(Allocation a, L2Slice slice, int index, long offset, long end) {
        if (!layout.extendedL2()) {
            a.validFrom = a.guest;
            a.validTo = a.guestEnd(layout.clusterBits());
            return;
        }
        long unit = 1L << layout.unitBits();
        int last = index + (int) a.clusters - 1;
        a.validFrom = offset & -unit;
        a.validTo = end + unit - 1 & -unit;
        if (a.reuse) {
            if (kindAt(slice, index, offset) == L2Entry.DATA) {
                a.validFrom = offset;
            }
            if (end < a.validTo && kindAt(slice, last, end) == L2Entry.DATA) {
                a.validTo = end;
            }
            return;
        }
        if (mustMove(slice, index)) {
            a.validFrom = a.guest;
            a.validTo = Math.max(a.validTo, a.guest + layout.clusterBytes());
        }
        if (mustMove(slice, last)) {
            a.validTo = a.guestEnd(layout.clusterBits());
            a.validFrom = Math.min(a.validFrom, a.validTo - layout.clusterBytes());
        }
    }

    private int kindAt(L2Slice slice, int index, long offset) {
        return L2Entry.kind(layout, slice.entry(index), slice.bitmap(index),
                (int) ((offset & layout.clusterMask()) >> layout.unitBits()));
    }

    /** Whether a cluster with extended L2 has data that a new place must take over. */
    private boolean mustMove(L2Slice slice, int index) {
        return L2Entry.isCompressed(slice.entry(index))
                || (slice.bitmap(index) & L2Entry.BITMAP_ALL_ALLOCATED) != 0;
    }

    /** Writes guest [offset, end) and what is copied around it, to the host clusters. */
    private void awaitWriteData(Allocation a, long offset, long end, IoVector iov, long from)
            throws BlockException {
        long head = offset - a.validFrom;
        long tail = a.validTo - end;
        long host = a.host + (a.validFrom - a.guest);
        ImageFile data = image.data;
        if (data == image.file) {
            image.checkOverlap(host, a.validTo - a.validFrom);
        }
        boolean allZero = reader.awaitIsZero(a.validFrom, a.validTo - a.validFrom);
        boolean headZero = head == 0 || allZero || reader.awaitIsZero(a.validFrom, head);
        boolean tailZero = tail == 0 || allZero || reader.awaitIsZero(end, tail);
        a.barrier = !a.fresh || !allZero;
        if (a.fresh) {
            head = headZero ? 0 : head;
            tail = tailZero ? 0 : tail;
        }
        if (headZero && tailZero && head + tail > MAX_ZERO_GATHER) {
            // Above all big clusters: the child may have a way that moves no data.
            if (head > 0) {
                data.awaitWriteZeroes(host, head);
            }
            if (tail > 0) {
                data.awaitWriteZeroes(a.host + (end - a.guest), tail);
            }
            head = 0;
            tail = 0;
        }
        if (head + tail == 0) {
            data.child.pwritev(a.host + (offset - a.guest), end - offset, iov, from, 0);
            return;
        }
        awaitWriteGathered(a, offset, end, iov, from, headZero ? -head : head,
                tailZero ? -tail : tail);
    }

    /** One write of head, data and tail; a negative length stands for zeroes. */
    private void awaitWriteGathered(Allocation a, long offset, long end, IoVector iov, long from,
            long head, long tail) throws BlockException {
        long copied = Math.max(head, 0) + Math.max(tail, 0);
        IoVector all = a.gather;
        all.clear();
        try (BufferPool.Buffer buffer = image.buffers.take(Math.max(copied, 1))) {
            if (head > 0) {
                reader.preadv(offset - head, head, buffer.vector(), 0, 0);
                all.add(buffer.segment(), 0, head);
            }
            addZeroes(all, -head);
            all.addWindow(iov, from, end - offset);
            if (tail > 0) {
                reader.preadv(end, tail, buffer.vector(), Math.max(head, 0), 0);
                all.add(buffer.segment(), Math.max(head, 0), tail);
            }
            addZeroes(all, -tail);
            long start = a.host + (offset - a.guest) - Math.abs(head);
            image.data.child.pwritev(start, all.bytes(), all, 0, 0);
        }
    }

    private static void addZeroes(IoVector all, long bytes) {
        for (long left = bytes; left > 0; left -= ImageFile.ZEROES.byteSize()) {
            all.add(ImageFile.ZEROES, 0, Math.min(left, ImageFile.ZEROES.byteSize()));
        }
    }

    /** Puts the new entries in place, or gives the clusters back. Under the lock. */
    private L2Slice finish(Allocation a, boolean done) throws BlockException {
        try {
            if (done) {
                return awaitLink(a);
            }
            if (!a.reuse && !layout.dataFile()) {
                image.refcounts.awaitDecrement(a.host >> layout.clusterBits(), a.clusters);
            }
            return null;
        } finally {
            allocations.remove(a);
        }
    }

    private L2Slice awaitLink(Allocation a) throws BlockException {
        L2Slice slice = image.l2.awaitWritable(a.guest);
        int index = image.l2.indexOf(a.guest);
        for (int i = 0; i < a.clusters; i++) {
            long guest = a.guest + ((long) i << layout.clusterBits());
            long old = slice.entry(index + i);
            long entry = a.host + ((long) i << layout.clusterBits()) | L2Entry.COPIED;
            slice.set(index + i, entry, bitmap(a, slice.bitmap(index + i), guest));
            if (!a.reuse) {
                image.freeEntry(old, FreedClusters.OTHER);
            }
        }
        return slice;
    }

    private long bitmap(Allocation a, long old, long guest) {
        if (!layout.extendedL2()) {
            return 0;
        }
        long from = Math.max(a.validFrom - guest, 0);
        long to = Math.min(a.validTo - guest, layout.clusterBytes());
        int first = (int) (from >> layout.unitBits());
        int last = (int) (to + (1L << layout.unitBits()) - 1 >> layout.unitBits());
        long bits = L2Entry.bits(first, last);
        return (old | bits) & ~(bits << 32);
    }
}
