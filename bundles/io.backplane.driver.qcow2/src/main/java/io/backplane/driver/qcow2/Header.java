package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;

/**
 * The image header, at offset 0 of the image file. All numbers big-endian.
 *
 * <pre>
 * offset size  spec name                component
 *      0    4  magic "QFI\xfb"          -
 *      4    4  version                  version
 *      8    8  backing_file_offset      backingFileOffset
 *     16    4  backing_file_size        backingFileBytes
 *     20    4  cluster_bits             clusterBits
 *     24    8  size                     size
 *     32    4  crypt_method             cryptMethod
 *     36    4  l1_size                  l1Count
 *     40    8  l1_table_offset          l1Offset
 *     48    8  refcount_table_offset    refcountTableOffset
 *     56    4  refcount_table_clusters  refcountTableClusters
 *     60    4  nb_snapshots             snapshotCount
 *     64    8  snapshots_offset         snapshotsOffset
 *  version 3:
 *     72    8  incompatible_features    incompatible
 *     80    8  compatible_features      compatible
 *     88    8  autoclear_features       autoclear
 *     96    4  refcount_order           refcountOrder
 *    100    4  header_length            headerBytes
 *    104    1  compression_type         compressionType
 * </pre>
 *
 * <p>32-bit fields are held as {@code long}, unsigned. What lies between offset 105 and
 * headerBytes is not decoded; writers change single fields in place, so that it stays.
 */
record Header(int version, long backingFileOffset, long backingFileBytes, int clusterBits,
        long size, long cryptMethod, long l1Count, long l1Offset, long refcountTableOffset,
        long refcountTableClusters, long snapshotCount, long snapshotsOffset, long incompatible,
        long compatible, long autoclear, int refcountOrder, long headerBytes,
        int compressionType) {
    static final int MAGIC = 0x514649fb;
    static final int V2_BYTES = 72;
    static final int V3_BYTES = 104;
    /** Length of the header that {@link #encode} writes for version 3. */
    static final int OWN_BYTES = 112;
    static final int MIN_CLUSTER_BITS = 9;
    static final int MAX_CLUSTER_BITS = 21;
    static final int MAX_REFCOUNT_ORDER = 6;

    static final long INCOMPATIBLE_DIRTY = 1;
    static final long INCOMPATIBLE_CORRUPT = 2;
    static final long INCOMPATIBLE_DATA_FILE = 4;
    static final long INCOMPATIBLE_COMPRESSION = 8;
    static final long INCOMPATIBLE_EXTENDED_L2 = 16;
    static final long INCOMPATIBLE_KNOWN = 31;
    static final long COMPATIBLE_LAZY_REFCOUNTS = 1;
    static final long AUTOCLEAR_BITMAPS = 1;
    static final long AUTOCLEAR_DATA_FILE_RAW = 2;

    static final int AT_SIZE = 24;
    static final int AT_L1 = 36;
    static final int AT_REFCOUNT_TABLE = 48;
    static final int AT_INCOMPATIBLE = 72;
    static final int AT_AUTOCLEAR = 88;

    /** Largest active L1 table and refcount table that are accepted, in bytes. */
    static final long MAX_L1_BYTES = 32L << 20;
    static final long MAX_REFCOUNT_TABLE_BYTES = 8L << 20;
    static final long MAX_SNAPSHOTS = 65536;
    static final int MAX_BACKING_FILE_BYTES = 1023;

    /**
     * Decodes and checks what can be checked without the feature names.
     *
     * @param head the first bytes of the image, as many as there are up to 112
     * @throws BlockException INVALID or UNSUPPORTED with QEMU's words
     */
    static Header decode(MemorySegment head) throws BlockException {
        if (head.byteSize() < V2_BYTES || head.get(Be.INT, 0) != MAGIC) {
            throw new BlockException(Kind.INVALID, "Image is not in qcow2 format");
        }
        int version = head.get(Be.INT, 4);
        if (version != 2 && version != 3) {
            throw new BlockException(Kind.UNSUPPORTED,
                    "Unsupported qcow2 version " + Integer.toUnsignedString(version));
        }
        int clusterBits = head.get(Be.INT, 20);
        if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
            throw new BlockException(Kind.INVALID, "Unsupported cluster size: 2^"
                    + Integer.toUnsignedString(clusterBits));
        }
        boolean v3 = version == 3;
        long headerBytes = v3 ? 0 : V2_BYTES;
        int refcountOrder = 4;
        if (v3) {
            if (head.byteSize() < V3_BYTES) {
                throw new BlockException(Kind.INVALID, "qcow2 header too short");
            }
            headerBytes = Be.u32(head, 100);
            if (headerBytes < V3_BYTES) {
                throw new BlockException(Kind.INVALID, "qcow2 header too short");
            }
            refcountOrder = (int) Math.min(Be.u32(head, 96), Integer.MAX_VALUE);
        }
        if (headerBytes > 1L << clusterBits) {
            throw new BlockException(Kind.INVALID, "qcow2 header exceeds cluster size");
        }
        int compression = headerBytes > V3_BYTES && head.byteSize() > V3_BYTES
                ? head.get(Be.BYTE, V3_BYTES) & 0xff : 0;
        return new Header(version, head.get(Be.LONG, 8), Be.u32(head, 16), clusterBits,
                head.get(Be.LONG, 24), Be.u32(head, 32), Be.u32(head, 36), head.get(Be.LONG, 40),
                head.get(Be.LONG, 48), Be.u32(head, 56), Be.u32(head, 60), head.get(Be.LONG, 64),
                v3 ? head.get(Be.LONG, 72) : 0, v3 ? head.get(Be.LONG, 80) : 0,
                v3 ? head.get(Be.LONG, 88) : 0, refcountOrder, headerBytes, compression);
    }

    /** Bytes that {@link #encode} writes. */
    int encodedBytes() {
        return version == 2 ? V2_BYTES : OWN_BYTES;
    }

    /** Writes this header at the start of {@code head}; headerBytes must be encodedBytes. */
    void encode(MemorySegment head) {
        assert headerBytes == encodedBytes() : headerBytes;
        head.set(Be.INT, 0, MAGIC);
        head.set(Be.INT, 4, version);
        head.set(Be.LONG, 8, backingFileOffset);
        head.set(Be.INT, 16, (int) backingFileBytes);
        head.set(Be.INT, 20, clusterBits);
        head.set(Be.LONG, 24, size);
        head.set(Be.INT, 32, (int) cryptMethod);
        head.set(Be.INT, 36, (int) l1Count);
        head.set(Be.LONG, 40, l1Offset);
        head.set(Be.LONG, 48, refcountTableOffset);
        head.set(Be.INT, 56, (int) refcountTableClusters);
        head.set(Be.INT, 60, (int) snapshotCount);
        head.set(Be.LONG, 64, snapshotsOffset);
        if (version == 2) {
            return;
        }
        head.set(Be.LONG, 72, incompatible);
        head.set(Be.LONG, 80, compatible);
        head.set(Be.LONG, 88, autoclear);
        head.set(Be.INT, 96, refcountOrder);
        head.set(Be.INT, 100, OWN_BYTES);
        head.asSlice(V3_BYTES, OWN_BYTES - V3_BYTES).fill((byte) 0);
        head.set(Be.BYTE, V3_BYTES, (byte) compressionType);
    }

    /** Checks everything that needs no I/O, in QEMU's order and words. */
    void validate(boolean readOnly, FeatureNameTable names) throws BlockException {
        validateCompression();
        long unknown = incompatible & ~INCOMPATIBLE_KNOWN;
        if (unknown != 0) {
            throw new BlockException(Kind.UNSUPPORTED,
                    "Unsupported qcow2 feature(s): " + names.describeIncompatible(unknown));
        }
        if ((incompatible & INCOMPATIBLE_CORRUPT) != 0 && !readOnly) {
            throw new BlockException(Kind.ACCESS,
                    "qcow2: Image is corrupt; cannot be opened read/write");
        }
        if ((incompatible & INCOMPATIBLE_EXTENDED_L2) != 0 && clusterBits < 14) {
            throw new BlockException(Kind.INVALID,
                    "Unsupported subcluster size: " + (1 << clusterBits - 5));
        }
        if (refcountOrder > MAX_REFCOUNT_ORDER) {
            throw new BlockException(Kind.INVALID,
                    "Reference count entry width too large; may not exceed 64 bits");
        }
        if (cryptMethod != 0) {
            throw new BlockException(Kind.UNSUPPORTED, switch ((int) cryptMethod) {
                case 1 -> "Encrypted qcow2 images (method 'aes') are not supported";
                case 2 -> "Encrypted qcow2 images (method 'luks') are not supported";
                default -> "Unsupported encryption method " + cryptMethod;
            });
        }
        validateTables();
    }

    private void validateCompression() throws BlockException {
        if (compressionType > 1) {
            throw new BlockException(Kind.UNSUPPORTED,
                    "qcow2: unknown compression type: " + compressionType);
        }
        boolean bit = (incompatible & INCOMPATIBLE_COMPRESSION) != 0;
        if (bit != (compressionType != 0)) {
            throw new BlockException(Kind.INVALID, "qcow2: Compression type incompatible feature"
                    + " bit must " + (bit ? "not " : "") + "be set");
        }
    }

    private void validateTables() throws BlockException {
        if (refcountTableClusters == 0) {
            throw new BlockException(Kind.INVALID,
                    "Image does not contain a reference count table");
        }
        validateTable(refcountTableOffset, refcountTableClusters, 1L << clusterBits,
                MAX_REFCOUNT_TABLE_BYTES, "Reference count table");
        validateTable(snapshotsOffset, snapshotCount, SnapshotHeader.FIXED_BYTES,
                SnapshotHeader.FIXED_BYTES * MAX_SNAPSHOTS, "Snapshot table");
        validateTable(l1Offset, l1Count, 8, MAX_L1_BYTES, "Active L1 table");
        long perL1 = Layout.of(this).l2CoverageBytes();
        long needed = size / perL1 + (size % perL1 == 0 ? 0 : 1);
        if (size < 0 || needed > Integer.MAX_VALUE / 8) {
            throw new BlockException(Kind.RANGE, "Image is too big");
        }
        if (l1Count < needed) {
            throw new BlockException(Kind.INVALID, "L1 table is too small");
        }
    }

    private void validateTable(long offset, long count, long entryBytes, long maxBytes,
            String name) throws BlockException {
        if (count > maxBytes / entryBytes) {
            throw new BlockException(Kind.RANGE, name + " too large");
        }
        if (offset < 0 || Long.MAX_VALUE - count * entryBytes < offset
                || (offset & (1L << clusterBits) - 1) != 0) {
            throw new BlockException(Kind.INVALID, name + " offset invalid");
        }
    }

    boolean hasDataFile() {
        return (incompatible & INCOMPATIBLE_DATA_FILE) != 0;
    }

    boolean hasRawDataFile() {
        return (autoclear & AUTOCLEAR_DATA_FILE_RAW) != 0;
    }
}
