package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.memory.BufferPool;

/**
 * L2 tables, in memory slice by slice. {@link #find} needs no lock; what loads or makes tables
 * needs the metadata lock.
 */
final class L2Tables {
    // Immutable
    private final Qcow2Image image;
    private final Layout layout;
    private final int sliceEntryBits;
    private final int sliceBytes;
    final TableCache<L2Slice> cache;

    L2Tables(Qcow2Image image, CacheSettings settings) {
        this.image = image;
        this.layout = image.layout;
        sliceBytes = settings.l2EntryBytes();
        sliceEntryBits = Integer.numberOfTrailingZeros(sliceBytes) - layout.l2EntryBits();
        cache = new TableCache<>(settings.l2Slices());
    }

    /** log2 of the guest bytes that a slice covers. */
    int sliceShift() {
        return sliceEntryBits + layout.clusterBits();
    }

    /** Index in its slice of the entry for guest {@code offset}. */
    int indexOf(long offset) {
        return (int) (offset >> layout.clusterBits()) & (1 << sliceEntryBits) - 1;
    }

    /** Whether an L2 table exists for guest {@code offset}. Any thread. */
    boolean hasTable(long offset) {
        return L1Entry.offset(image.l1.get(offset >> layout.l1Shift())) != 0;
    }

    /** The slice for guest {@code offset} if it is in memory, else null. Any thread. */
    L2Slice find(long offset) {
        return cache.find(offset >> sliceShift());
    }

    /** The slice for guest {@code offset}, or null if there is no L2 table. Takes the lock. */
    L2Slice awaitSlice(long offset) throws BlockException {
        L2Slice slice = find(offset);
        if (slice == null && hasTable(offset)) {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                slice = awaitLoad(offset);
            }
        }
        return slice;
    }

    /** As {@link #awaitSlice}, under the lock. */
    L2Slice awaitLoad(long offset) throws BlockException {
        L2Slice slice = find(offset);
        if (slice != null || !hasTable(offset)) {
            return slice;
        }
        long key = offset >> sliceShift();
        try (BufferPool.Buffer buffer = image.file.awaitRead(sliceOffset(key), sliceBytes)) {
            slice = L2Slice.decode(key, buffer.segment(), layout.extendedL2());
        }
        cache.add(slice);
        return slice;
    }

    /** Host offset of the slice with {@code key}, whose table exists. Under the lock. */
    long sliceOffset(long key) throws BlockException {
        int perTableBits = layout.l2Bits() - sliceEntryBits;
        long l1Index = key >> perTableBits;
        return tableOffset(l1Index) + (key & (1 << perTableBits) - 1) * sliceBytes;
    }

    private long tableOffset(long l1Index) throws BlockException {
        long offset = L1Entry.offset(image.l1.get(l1Index));
        if ((offset & layout.clusterMask()) != 0) {
            throw image.corrupt(String.format("L2 table offset %#x unaligned (L1 index: %#x)",
                    offset, l1Index));
        }
        image.checkInFile("L2 table", offset);
        return offset;
    }

    /** The slice for guest {@code offset} to be changed; makes or unshares its table. Locked. */
    L2Slice awaitWritable(long offset) throws BlockException {
        image.awaitMarkDirty();
        long l1Index = offset >> layout.l1Shift();
        long entry = image.l1.get(l1Index);
        if (L1Entry.isCopied(entry) && L1Entry.offset(entry) != 0) {
            return awaitLoad(offset);
        }
        long old = tableOffset(l1Index);
        long host = image.reserve.awaitTake(1);
        boolean fresh = image.reserve.takenFresh();
        boolean done = false;
        try {
            if (old != 0) {
                try (BufferPool.Buffer buffer =
                        image.file.awaitRead(old, layout.clusterBytes())) {
                    image.file.child.pwritev(host, layout.clusterBytes(), buffer.vector(), 0, 0);
                }
                image.awaitBarrierOfFile();
            } else if (!fresh) {
                image.file.awaitWriteZeroes(host, layout.clusterBytes());
                image.awaitBarrierOfFile();
            }
            done = true;
        } finally {
            if (!done) {
                image.refcounts.awaitDecrement(host >> layout.clusterBits(), 1);
            }
        }
        if (old != 0) {
            image.free(old, 1, FreedClusters.OTHER);
            image.metadata.remove(old, layout.clusterBytes());
            image.metadata.add(old, layout.clusterBytes(), MetadataMap.INACTIVE_L2);
        }
        image.metadata.add(host, layout.clusterBytes(), MetadataMap.ACTIVE_L2);
        image.l1.set((int) l1Index, host | L1Entry.COPIED);
        if (old == 0) {
            L2Slice slice = new L2Slice(offset >> sliceShift(), new long[sliceBytes >> 3],
                    layout.extendedL2());
            cache.add(slice);
            return slice;
        }
        return awaitLoad(offset);
    }

    /** What a check says of a bad entry. */
    BlockException invalidEntry(L2Slice slice, int index, long guestOffset) {
        long entry = slice.entry(index);
        long l2Offset = L1Entry.offset(image.l1.get(guestOffset >> layout.l1Shift()));
        int l2Index = (int) (guestOffset >> layout.clusterBits()) & (1 << layout.l2Bits()) - 1;
        String place = String.format(" (L2 offset: %#x, L2 index: %#x)", l2Offset, l2Index);
        if (L2Entry.isCompressed(entry)) {
            return image.corrupt("Compressed cluster entry found in image with external data file"
                    + place);
        }
        if ((L2Entry.offset(entry) & layout.clusterMask()) != 0) {
            return image.corrupt(String.format("Cluster allocation offset %#x unaligned",
                    L2Entry.offset(entry)) + place);
        }
        if (layout.dataFile() && L2Entry.hasHost(layout, entry)
                && L2Entry.offset(entry) != (guestOffset & ~layout.clusterMask())) {
            return image.corrupt(String.format("External data file host cluster offset %#x does"
                    + " not match guest cluster offset: %#x", L2Entry.offset(entry),
                    guestOffset & ~layout.clusterMask()) + place);
        }
        if (layout.version() < 3) {
            return image.corrupt("Zero cluster entry found in pre-v3 image" + place);
        }
        return image.corrupt("Invalid cluster entry found " + place);
    }
}
