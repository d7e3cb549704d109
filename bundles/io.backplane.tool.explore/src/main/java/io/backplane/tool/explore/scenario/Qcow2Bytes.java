package io.backplane.tool.explore.scenario;

import java.nio.ByteBuffer;

/**
 * A small qcow2 image as the specification has it, written and read without the driver: clusters
 * of 512 bytes, so that each is a sector that a power cut keeps or loses as a whole.
 */
final class Qcow2Bytes {
    static final int CLUSTER = 512;
    private static final int CLUSTER_BITS = 9;
    private static final int REFCOUNT_TABLE = CLUSTER;
    private static final int REFCOUNT_BLOCK = 2 * CLUSTER;
    private static final int L1_TABLE = 3 * CLUSTER;
    private static final int USED = 4;
    private static final int L2_ENTRIES = CLUSTER / 8;
    private static final int REFCOUNTS = CLUSTER / 2;
    private static final long OFFSET_MASK = 0x00ff_ffff_ffff_fe00L;

    private final ByteBuffer bytes;

    Qcow2Bytes(byte[] image) {
        bytes = ByteBuffer.wrap(image);
    }

    /** An empty image for a disk of {@code guestClusters}. */
    static byte[] empty(int guestClusters) {
        ByteBuffer to = ByteBuffer.allocate(USED * CLUSTER);
        to.putInt(0, 0x514649fb).putInt(4, 3).putInt(20, CLUSTER_BITS)
                .putLong(24, (long) guestClusters * CLUSTER)
                .putInt(36, (guestClusters + L2_ENTRIES - 1) / L2_ENTRIES).putLong(40, L1_TABLE)
                .putLong(48, REFCOUNT_TABLE).putInt(56, 1).putInt(96, 4).putInt(100, 104)
                .putLong(REFCOUNT_TABLE, REFCOUNT_BLOCK);
        for (int i = 0; i < USED; i++) {
            to.putShort(REFCOUNT_BLOCK + 2 * i, (short) 1);
        }
        return to.array();
    }

    /**
     * The first byte of a guest cluster, or -1 if it is not allocated.
     *
     * @throws AssertionError if something refers to a cluster that counts as free
     */
    int guestByte(int cluster) {
        long l2 = entry(bytes.getLong(40) + 8L * (cluster / L2_ENTRIES), "L1");
        if (l2 == 0) {
            return -1;
        }
        long data = entry(l2 + 8L * (cluster % L2_ENTRIES), "L2");
        return data == 0 ? -1 : bytes.get(Math.toIntExact(data)) & 0xff;
    }

    private long entry(long at, String table) {
        long offset = bytes.getLong(Math.toIntExact(at)) & OFFSET_MASK;
        if (offset != 0 && (offset + CLUSTER > bytes.capacity() || refcount(offset) == 0)) {
            throw new AssertionError("the " + table + " entry at " + at + " refers to " + offset
                    + ", which counts as free");
        }
        return offset;
    }

    private int refcount(long offset) {
        long index = offset >> CLUSTER_BITS;
        long block = bytes.getLong(Math.toIntExact(
                bytes.getLong(48) + 8 * (index / REFCOUNTS))) & OFFSET_MASK;
        return block == 0 ? 0
                : bytes.getShort(Math.toIntExact(block + 2 * (index % REFCOUNTS))) & 0xffff;
    }
}
