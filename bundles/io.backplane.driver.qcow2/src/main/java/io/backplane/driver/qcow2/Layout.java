package io.backplane.driver.qcow2;

/**
 * The sizes of an image that never change while it is open, derived from its header.
 *
 * @param version 2 or 3
 * @param clusterBits log2 of the cluster size in bytes
 * @param extendedL2 whether L2 entries have a subcluster bitmap
 * @param refcountOrder log2 of the refcount width in bits
 * @param dataFile whether guest data lies in an external data file
 */
record Layout(int version, int clusterBits, boolean extendedL2, int refcountOrder,
        boolean dataFile) {
    static final int SUBCLUSTERS = 32;

    static Layout of(Header header) {
        return new Layout(header.version(), header.clusterBits(),
                (header.incompatible() & Header.INCOMPATIBLE_EXTENDED_L2) != 0,
                header.refcountOrder(), header.hasDataFile());
    }

    int clusterBytes() {
        return 1 << clusterBits;
    }

    long clusterMask() {
        return (1L << clusterBits) - 1;
    }

    /** log2 of the bytes of one L2 entry. */
    int l2EntryBits() {
        return extendedL2 ? 4 : 3;
    }

    /** log2 of the L2 entries in one L2 table. */
    int l2Bits() {
        return clusterBits - l2EntryBits();
    }

    /** log2 of the guest bytes that one L1 entry covers. */
    int l1Shift() {
        return clusterBits + l2Bits();
    }

    /** Guest bytes that one L1 entry covers. */
    long l2CoverageBytes() {
        return 1L << l1Shift();
    }

    /** log2 of the unit of allocation state: a subcluster, or a cluster without subclusters. */
    int unitBits() {
        return extendedL2 ? clusterBits - 5 : clusterBits;
    }

    /** log2 of the refcounts in one refcount block. */
    int refcountBlockBits() {
        return clusterBits + 3 - refcountOrder;
    }

    /** First bit of a compressed descriptor's sector count. */
    int compressedShift() {
        return 62 - (clusterBits - 8);
    }

    /** Host offset in bytes of a compressed cluster. */
    long compressedOffset(long entry) {
        return entry & (1L << compressedShift()) - 1;
    }

    /** Bytes to read at {@link #compressedOffset}: up to the end of the last 512-byte sector. */
    long compressedBytes(long entry) {
        long more = entry >>> compressedShift() & (1L << clusterBits - 8) - 1;
        return ((more + 1) << 9) - (compressedOffset(entry) & 511);
    }

    /** L1 entries that {@code size} bytes need. */
    long l1Count(long size) {
        long perEntry = l2CoverageBytes();
        return size / perEntry + (size % perEntry == 0 ? 0 : 1);
    }
}
