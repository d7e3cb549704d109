package io.backplane.tool.explore.scenario;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * A small qcow2 image as the specification has it, written and read without the driver: clusters
 * of 512 bytes, so that each is a sector that a power cut keeps or loses as a whole. Refcounts have
 * 16 bits, or one, so that one block of them is enough for all.
 */
final class Qcow2Bytes {
    static final int CLUSTER = 512;
    static final int L2_ENTRIES = CLUSTER / 8;
    private static final int CLUSTER_BITS = 9;
    private static final int REFCOUNT_TABLE = CLUSTER;
    private static final int REFCOUNT_BLOCK = 2 * CLUSTER;
    private static final int L1_TABLE = 3 * CLUSTER;
    private static final int USED = 4;
    private static final long OFFSET_MASK = 0x00ff_ffff_ffff_fe00L;

    private final ByteBuffer bytes;
    private final Map<Long, Integer> references = new HashMap<>();

    Qcow2Bytes(byte[] image) {
        bytes = ByteBuffer.wrap(image);
    }

    /** An empty image for a disk of {@code guestClusters}, whose L1 table fits a cluster. */
    static byte[] empty(int guestClusters, boolean bigRefcounts) {
        ByteBuffer to = ByteBuffer.allocate(USED * CLUSTER);
        to.putInt(0, 0x514649fb).putInt(4, 3).putInt(20, CLUSTER_BITS)
                .putLong(24, (long) guestClusters * CLUSTER)
                .putInt(36, (guestClusters + L2_ENTRIES - 1) / L2_ENTRIES).putLong(40, L1_TABLE)
                .putLong(48, REFCOUNT_TABLE).putInt(56, 1).putInt(96, bigRefcounts ? 4 : 0)
                .putInt(100, 104).putLong(REFCOUNT_TABLE, REFCOUNT_BLOCK);
        if (bigRefcounts) {
            for (int i = 0; i < USED; i++) {
                to.putShort(REFCOUNT_BLOCK + 2 * i, (short) 1);
            }
        } else {
            to.put(REFCOUNT_BLOCK, (byte) ((1 << USED) - 1));
        }
        return to.array();
    }

    private int guestClusters() {
        return (int) (bytes.getLong(24) >> CLUSTER_BITS);
    }

    /** The first byte of a guest cluster, or -1 if it is not allocated. */
    int guestByte(int cluster) {
        long l2 = entry(bytes.getLong(40) + 8L * (cluster / L2_ENTRIES));
        long data = l2 == 0 ? 0 : entry(l2 + 8L * (cluster % L2_ENTRIES));
        return data == 0 ? -1 : bytes.get(Math.toIntExact(data)) & 0xff;
    }

    private long entry(long at) {
        return bytes.getLong(Math.toIntExact(at)) & OFFSET_MASK;
    }

    /**
     * Looks at everything there is.
     *
     * @return how many clusters count as used and are not
     * @throws AssertionError if something refers to a place outside the file, or to a cluster that
     *     counts as less used than it is
     */
    int check() {
        references.clear();
        refer(0, "the header");
        long table = refer(bytes.getLong(48), "the header");
        for (int i = 0; i < CLUSTER / 8; i++) {
            refer(entry(table + 8L * i), "refcount table entry " + i);
        }
        long l1 = refer(bytes.getLong(40), "the header");
        for (int i = 0; i * L2_ENTRIES < guestClusters(); i++) {
            long l2 = refer(entry(l1 + 8L * i), "L1 entry " + i);
            for (int k = 0; l2 != 0 && k < L2_ENTRIES; k++) {
                refer(entry(l2 + 8L * k), "entry " + k + " of L2 table " + i);
            }
        }
        return compare();
    }

    private long refer(long offset, String who) {
        if (offset + CLUSTER > bytes.capacity()) {
            throw new AssertionError(who + " refers to " + offset + ", outside the file of "
                    + bytes.capacity() + " bytes");
        }
        if (offset != 0 || who.equals("the header")) {
            int count = references.merge(offset, 1, Integer::sum);
            if (refcount(offset >> CLUSTER_BITS) < count) {
                throw new AssertionError(who + " refers to " + offset + ", which counts as "
                        + (count == 1 ? "free" : "used less often"));
            }
        }
        return offset;
    }

    private int compare() {
        int leaks = 0;
        for (long i = 0; i << CLUSTER_BITS < bytes.capacity(); i++) {
            leaks += refcount(i) > references.getOrDefault(i << CLUSTER_BITS, 0) ? 1 : 0;
        }
        return leaks;
    }

    private int refcount(long cluster) {
        boolean big = bytes.getInt(96) == 4;
        int perBlock = big ? CLUSTER / 2 : CLUSTER * 8;
        long block = entry(bytes.getLong(48) + 8 * (cluster / perBlock));
        if (block == 0 || block + CLUSTER > bytes.capacity()) {
            return 0;
        }
        int index = (int) (cluster % perBlock);
        return big ? bytes.getShort((int) block + 2 * index) & 0xffff
                : bytes.get((int) block + index / 8) >> index % 8 & 1;
    }
}
