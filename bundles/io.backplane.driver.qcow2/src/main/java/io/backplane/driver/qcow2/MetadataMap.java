package io.backplane.driver.qcow2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which clusters of the image file hold metadata, so that no data is written over it: a hash table
 * of cluster index and kinds. Asked without a lock before each write; changed under the metadata
 * lock.
 */
final class MetadataMap {
    static final int MAIN_HEADER = 1;
    static final int ACTIVE_L1 = 2;
    static final int ACTIVE_L2 = 4;
    static final int REFCOUNT_BLOCK = 8;
    static final int REFCOUNT_TABLE = 16;
    static final int SNAPSHOT_TABLE = 32;
    static final int INACTIVE_L1 = 64;
    static final int INACTIVE_L2 = 128;
    static final int BITMAP_DIRECTORY = 256;
    private static final String[] NAMES = {"qcow2_header", "active L1 table", "active L2 table",
        "refcount block", "refcount table", "snapshot table", "inactive L1 table",
        "inactive L2 table", "bitmap directory"};
    private static final int KIND_BITS = 9;
    private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(long[].class);

    // Immutable
    private final int clusterBits;
    private final int checked;

    // Any thread
    private volatile long[] slots = new long[64];

    // Under the metadata lock
    private int used;

    /** @param checked the kinds that {@link #overlap} looks for */
    MetadataMap(int clusterBits, int checked) {
        this.clusterBits = clusterBits;
        this.checked = checked;
    }

    /** Kinds that are looked for. */
    int checked() {
        return checked;
    }

    private static int hash(long cluster, int length) {
        return (int) (cluster * 0x9e3779b97f4a7c15L >>> 33) & length - 1;
    }

    /** Name of the metadata that [offset, offset + bytes) hits, or null. Any thread. */
    String overlap(long offset, long bytes) {
        if (checked == 0) {
            return null;
        }
        long[] all = slots;
        long last = offset + bytes - 1 >> clusterBits;
        for (long cluster = offset >> clusterBits; cluster <= last; cluster++) {
            long kinds = kinds(all, cluster) & checked;
            if (kinds != 0) {
                return NAMES[Long.numberOfTrailingZeros(kinds)];
            }
        }
        return null;
    }

    private static long kinds(long[] all, long cluster) {
        int at = hash(cluster, all.length);
        for (;;) {
            long slot = (long) SLOTS.getAcquire(all, at);
            if (slot == 0) {
                return 0;
            }
            if (slot >>> KIND_BITS == cluster) {
                return slot & (1 << KIND_BITS) - 1;
            }
            at = at + 1 & all.length - 1;
        }
    }

    /** Says that [offset, offset + bytes) holds metadata of {@code kind}. */
    void add(long offset, long bytes, int kind) {
        if (bytes <= 0 || (kind & checked) == 0) {
            return;
        }
        long last = offset + bytes - 1 >> clusterBits;
        for (long cluster = offset >> clusterBits; cluster <= last; cluster++) {
            if (used * 2 >= slots.length) {
                grow();
            }
            put(slots, cluster, kind);
        }
    }

    /** Says that [offset, offset + bytes) holds no metadata any more. */
    void remove(long offset, long bytes) {
        long last = offset + bytes - 1 >> clusterBits;
        for (long cluster = offset >> clusterBits; cluster <= last; cluster++) {
            long[] all = slots;
            int at = hash(cluster, all.length);
            while (all[at] != 0 && all[at] >>> KIND_BITS != cluster) {
                at = at + 1 & all.length - 1;
            }
            if (all[at] != 0) {
                // Keeps its slot, without kinds; a mark keeps cluster 0 apart from an empty slot.
                SLOTS.setRelease(all, at, cluster == 0 ? MAIN_HEADER : cluster << KIND_BITS);
            }
        }
    }

    private void put(long[] all, long cluster, long kinds) {
        int at = hash(cluster, all.length);
        while (all[at] != 0 && all[at] >>> KIND_BITS != cluster) {
            at = at + 1 & all.length - 1;
        }
        if (all[at] == 0) {
            used++;
        }
        SLOTS.setRelease(all, at, all[at] | cluster << KIND_BITS | kinds);
    }

    private void grow() {
        long[] old = slots;
        long[] bigger = new long[old.length * 2];
        used = 0;
        for (long slot : old) {
            if ((slot & (1 << KIND_BITS) - 1) != 0) {
                put(bigger, slot >>> KIND_BITS, slot & (1 << KIND_BITS) - 1);
            }
        }
        slots = bigger;
    }
}
