package io.backplane.driver.qcow2;

/**
 * What a slice says of a guest range: a decision value, packed into a long so that the hot path
 * makes no object: kind of {@link L2Entry} in the low three bits, bytes of the same kind above.
 * A run of data is contiguous on the host and its entries have the same flags.
 */
final class Lookup {
    private Lookup() {
    }

    static int kind(long packed) {
        return (int) packed & 7;
    }

    static long bytes(long packed) {
        return packed >>> 3;
    }

    private static long pack(int kind, long bytes) {
        return bytes << 3 | kind;
    }

    /**
     * Classifies the range at {@code offset}, whose entry and bitmap the caller has read.
     *
     * @param bytes how far to look; the run may end earlier, at the end of the slice at the latest
     */
    static long classify(Layout layout, L2Slice slice, int index, long entry, long bitmap,
            long offset, long bytes) {
        if (layout.extendedL2()) {
            return classifyExtended(layout, slice, index, entry, bitmap, offset, bytes);
        }
        int kind = kindAt(layout, entry, 0, 0, offset);
        long within = offset & layout.clusterMask();
        int bits = layout.clusterBits();
        int max = (int) Math.min(within + bytes + layout.clusterMask() >> bits,
                slice.count() - index);
        int run = 1;
        if (kind == L2Entry.DATA) {
            run = slice.dataRun(index, entry, max, layout.clusterBytes());
        } else if (kind != L2Entry.IS_COMPRESSED) {
            while (run < max && L2Entry.kind(layout, slice.entry(index + run), 0, 0) == kind) {
                run++;
            }
        }
        return pack(kind, Math.min(bytes, ((long) run << bits) - within));
    }

    /** The kind at {@code offset}; data in a data file lies at its guest offset. */
    private static int kindAt(Layout layout, long entry, long bitmap, int index, long offset) {
        int kind = L2Entry.kind(layout, entry, bitmap, index);
        return layout.dataFile() && kind == L2Entry.DATA
                && L2Entry.offset(entry) != (offset & ~layout.clusterMask())
                ? L2Entry.INVALID : kind;
    }

    private static long classifyExtended(Layout layout, L2Slice slice, int index, long entry,
            long bitmap, long offset, long bytes) {
        int unitBits = layout.unitBits();
        int sub = (int) ((offset & layout.clusterMask()) >> unitBits);
        int kind = kindAt(layout, entry, bitmap, sub, offset);
        long within = offset & (1L << unitBits) - 1;
        if (kind == L2Entry.IS_COMPRESSED) {
            return pack(kind, Math.min(bytes,
                    layout.clusterBytes() - (offset & layout.clusterMask())));
        }
        long run = 1;
        long max = within + bytes + (1L << unitBits) - 1 >> unitBits;
        int i = index;
        long at = entry;
        long map = bitmap;
        while (run < max) {
            if (++sub == Layout.SUBCLUSTERS) {
                sub = 0;
                if (++i == slice.count()) {
                    break;
                }
                long expected = at + layout.clusterBytes();
                at = slice.entry(i);
                map = slice.bitmap(i);
                if (kind == L2Entry.DATA && at != expected) {
                    break;
                }
            }
            if (L2Entry.kind(layout, at, map, sub) != kind) {
                break;
            }
            run++;
        }
        return pack(kind, Math.min(bytes, (run << unitBits) - within));
    }
}
