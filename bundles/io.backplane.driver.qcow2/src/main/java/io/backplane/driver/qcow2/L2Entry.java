package io.backplane.driver.qcow2;

/**
 * An L2 table entry, kept as a raw long, and with extended L2 a second long, the bitmap.
 *
 * <pre>
 * bits    spec name, standard cluster
 *       0 reads as zeroes (version 3, not with extended L2)
 *  1 -  8 reserved
 *  9 - 55 host cluster offset, 0: unallocated
 * 56 - 61 reserved
 *      62 compressed (then bits 0 - 61 are the compressed cluster descriptor)
 *      63 refcount is exactly one ("copied")
 * bitmap
 *  0 - 31 subcluster is allocated
 * 32 - 63 subcluster reads as zeroes
 * </pre>
 */
final class L2Entry {
    static final long OFFSET_MASK = 0x00fffffffffffe00L;
    static final long ZERO = 1;
    static final long COMPRESSED = 1L << 62;
    static final long COPIED = 1L << 63;
    static final long RESERVED = 0x3f000000000001feL;

    static final long BITMAP_ALL_ALLOCATED = 0xffffffffL;
    static final long BITMAP_ALL_ZERO = 0xffffffffL << 32;

    /** The next layer, or nothing, determines the contents. */
    static final int UNALLOCATED = 0;
    /** Reads as zeroes. */
    static final int READS_ZERO = 1;
    /** Data at the host offset. */
    static final int DATA = 2;
    /** Compressed data. */
    static final int IS_COMPRESSED = 3;
    /** Contradicts the specification. */
    static final int INVALID = 4;

    private L2Entry() {
    }

    static long offset(long entry) {
        return entry & OFFSET_MASK;
    }

    static boolean isCopied(long entry) {
        return entry < 0;
    }

    static boolean isCompressed(long entry) {
        return (entry & COMPRESSED) != 0;
    }

    /** Whether a standard cluster is stored; in a data file offset 0 is a place as any other. */
    static boolean hasHost(Layout layout, long entry) {
        return (entry & COMPRESSED) == 0
                && ((entry & OFFSET_MASK) != 0 || layout.dataFile() && isCopied(entry));
    }

    /** The kind of subcluster {@code index} (0 without extended L2). */
    static int kind(Layout layout, long entry, long bitmap, int index) {
        if ((entry & COMPRESSED) != 0) {
            return layout.dataFile() ? INVALID : IS_COMPRESSED;
        }
        boolean host = hasHost(layout, entry);
        if ((entry & OFFSET_MASK & layout.clusterMask()) != 0) {
            return INVALID;
        }
        if (layout.extendedL2()) {
            return subclusterKind(bitmap, index, host);
        }
        if ((entry & ZERO) != 0) {
            return layout.version() >= 3 ? READS_ZERO : INVALID;
        }
        return host ? DATA : UNALLOCATED;
    }

    private static int subclusterKind(long bitmap, int index, boolean host) {
        if ((bitmap & bitmap >>> 32 & BITMAP_ALL_ALLOCATED) != 0
                || !host && (bitmap & BITMAP_ALL_ALLOCATED) != 0) {
            return INVALID;
        }
        if ((bitmap >>> index & 1) != 0) {
            return DATA;
        }
        return (bitmap >>> 32 + index & 1) != 0 ? READS_ZERO : UNALLOCATED;
    }

    /** Bits [from, to) of a subcluster bitmap's allocated half. */
    static long bits(int from, int to) {
        return (1L << to) - (1L << from);
    }
}
