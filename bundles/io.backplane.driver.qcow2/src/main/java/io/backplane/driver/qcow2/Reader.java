package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.BlockStatus;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;

/** Reads, and what is known of a range. Any context; lookups of what is in memory lock nothing. */
final class Reader {
    private static final int MAX_STATUS_SLICES = 64;

    // Immutable
    private final Qcow2Image image;
    private final Layout layout;
    private final Decompressor decompressor;

    Reader(Qcow2Image image, Decompressor decompressor) {
        this.image = image;
        this.layout = image.layout;
        this.decompressor = decompressor;
    }

    /** Reads a guest range, inside the length or not: behind it are zeroes or the backing file. */
    void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        long at = offset;
        long left = bytes;
        long position = from;
        while (left > 0) {
            long done;
            L2Slice slice = image.l2.find(at);
            if (slice == null && image.l2.hasTable(at)) {
                slice = image.l2.awaitSlice(at);
            }
            if (slice == null) {
                done = untilNextTable(at, left);
                image.readBelow(at, done, iov, position);
            } else {
                done = awaitRead(slice, at, left, iov, position, flags);
            }
            at += done;
            left -= done;
            position += done;
        }
    }

    private long untilNextTable(long offset, long bytes) {
        return Math.min(bytes, layout.l2CoverageBytes() - (offset & layout.l2CoverageBytes() - 1));
    }

    private long awaitRead(L2Slice slice, long offset, long bytes, IoVector iov, long from,
            int flags) throws BlockException {
        int index = image.l2.indexOf(offset);
        int version;
        long entry;
        long found;
        do {
            version = slice.version();
            entry = slice.entry(index);
            found = Lookup.classify(layout, slice, index, entry, slice.bitmap(index), offset,
                    bytes);
        } while (layout.extendedL2() && !slice.unchanged(version));
        long run = Lookup.bytes(found);
        switch (Lookup.kind(found)) {
            case L2Entry.DATA -> image.data.preadv(
                    L2Entry.offset(entry) + (offset & layout.clusterMask()), run, iov, from,
                    flags);
            case L2Entry.READS_ZERO -> iov.fill(from, run, (byte) 0);
            case L2Entry.UNALLOCATED -> image.readBelow(offset, run, iov, from);
            case L2Entry.IS_COMPRESSED -> awaitReadCompressed(slice, index, entry, offset, run,
                    iov, from);
            default -> throw image.l2.invalidEntry(slice, index, offset);
        }
        return run;
    }

    private void awaitReadCompressed(L2Slice slice, int index, long entry, long offset,
            long bytes, IoVector iov, long from) throws BlockException {
        long packed = layout.compressedBytes(entry);
        try (BufferPool.Buffer source =
                        image.file.awaitRead(layout.compressedOffset(entry), packed);
                BufferPool.Buffer target = image.buffers.take(layout.clusterBytes())) {
            try {
                decompressor.decompress(source.segment(), target.segment());
            } catch (BlockException e) {
                if (slice.entry(index) != entry) {
                    preadv(offset, bytes, iov, from, 0); // overwritten while we read
                    return;
                }
                throw new BlockException(Kind.IO, "cannot decompress cluster at guest offset "
                        + (offset & ~layout.clusterMask()) + ": " + e.getMessage(), e);
            }
            iov.copyFrom(from, target.segment(), offset & layout.clusterMask(), bytes);
        }
    }

    /** Whether a guest range is known to read as zeroes without any I/O on data. */
    boolean awaitIsZero(long offset, long bytes) throws BlockException {
        long at = offset;
        long end = offset + bytes;
        while (at < end) {
            BlockStatus status = awaitStatusOnce(at, end - at);
            if (!status.zero() && (status.allocated() || image.backing != null
                    && at < image.backing.length())) {
                return false;
            }
            at += status.bytes();
        }
        return true;
    }

    /** What this layer says of a range: as much of the same kind as is cheap to find. */
    BlockStatus awaitStatus(long offset, long bytes) throws BlockException {
        BlockStatus status = awaitStatusOnce(offset, bytes);
        for (int i = 0; i < MAX_STATUS_SLICES && status.bytes() < bytes; i++) {
            long at = status.bytes();
            BlockStatus next = awaitStatusOnce(offset + at, bytes - at);
            boolean joins = next.allocated() == status.allocated()
                    && next.data() == status.data() && next.zero() == status.zero()
                    && next.compressed() == status.compressed()
                    && (status.hostOffset() < 0 ? next.hostOffset() < 0
                            : next.hostOffset() == status.hostOffset() + at);
            if (!joins) {
                break;
            }
            status = new BlockStatus(at + next.bytes(), status.allocated(), status.data(),
                    status.zero(), status.compressed(), status.hostOffset(), status.hostNode(),
                    0);
        }
        return status;
    }

    private BlockStatus awaitStatusOnce(long offset, long bytes) throws BlockException {
        L2Slice slice = image.l2.awaitSlice(offset);
        if (slice == null) {
            return nothing(untilNextTable(offset, bytes));
        }
        int index = image.l2.indexOf(offset);
        int version;
        long entry;
        long found;
        do {
            version = slice.version();
            entry = slice.entry(index);
            found = Lookup.classify(layout, slice, index, entry, slice.bitmap(index), offset,
                    bytes);
        } while (layout.extendedL2() && !slice.unchanged(version));
        long run = Lookup.bytes(found);
        return switch (Lookup.kind(found)) {
            case L2Entry.DATA -> BlockStatus.dataAt(run,
                    L2Entry.offset(entry) + (offset & layout.clusterMask()),
                    image.data.child.nodeName());
            case L2Entry.READS_ZERO -> zeroes(slice, index, offset & layout.clusterMask(), run);
            case L2Entry.UNALLOCATED -> unallocated(slice, index, offset & layout.clusterMask(),
                    run);
            case L2Entry.IS_COMPRESSED -> new BlockStatus(run, true, true, false, true, -1, null,
                    0);
            default -> throw image.l2.invalidEntry(slice, index, offset);
        };
    }

    /** Zeroes, and where they may be written: in a cluster that is kept for them, or nowhere. */
    private BlockStatus zeroes(L2Slice slice, int index, long within, long run) {
        long entry = slice.entry(index);
        if (L2Entry.hasHost(layout, entry)) {
            return new BlockStatus(Math.min(run, layout.clusterBytes() - within), true, false, true,
                    false, L2Entry.offset(entry) + within, image.data.child.nodeName(), 0);
        }
        return BlockStatus.zeroes(Math.min(run, withoutHost(slice, index, within, run)));
    }

    /** How much of {@code run} lies in clusters that have no place. */
    private long withoutHost(L2Slice slice, int index, long within, long run) {
        long known = layout.clusterBytes() - within;
        for (int i = index + 1; known < run && !L2Entry.hasHost(layout, slice.entry(i)); i++) {
            known += layout.clusterBytes();
        }
        return known;
    }

    /** Nothing, and the place where it may be written: in a cluster with other subclusters. */
    private BlockStatus unallocated(L2Slice slice, int index, long within, long run) {
        if (!layout.extendedL2()) {
            return nothing(run);
        }
        long entry = slice.entry(index);
        if (L2Entry.hasHost(layout, entry)) {
            return new BlockStatus(Math.min(run, layout.clusterBytes() - within), false, false,
                    image.backing == null, false, L2Entry.offset(entry) + within,
                    image.data.child.nodeName(), 0);
        }
        return nothing(Math.min(run, withoutHost(slice, index, within, run)));
    }

    private BlockStatus nothing(long bytes) {
        return new BlockStatus(bytes, false, false, image.backing == null, false, -1, null, 0);
    }
}
