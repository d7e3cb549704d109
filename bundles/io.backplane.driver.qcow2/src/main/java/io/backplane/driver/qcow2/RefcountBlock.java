package io.backplane.driver.qcow2;

import java.lang.foreign.MemorySegment;

/**
 * A refcount block: one cluster of refcounts of {@code 1 << order} bits each, big-endian; below 8
 * bits, the lower refcount has the lower bits of its byte.
 *
 * <p>Under the metadata lock.
 */
final class RefcountBlock extends CachedTable {
    private final MemorySegment counts;
    private final int order;

    /** @param counts one cluster of heap memory, owned by this */
    RefcountBlock(long index, MemorySegment counts, int order) {
        super(index, (int) counts.byteSize());
        this.counts = counts;
        this.order = order;
    }

    static long maxCount(int order) {
        return order == 6 ? -1 : (1L << (1 << order)) - 1;
    }

    /** Refcount {@code index}; unsigned. */
    long get(int index) {
        return get(counts, order, index);
    }

    static long get(MemorySegment counts, int order, long index) {
        return switch (order) {
            case 3 -> counts.get(Be.BYTE, index) & 0xff;
            case 4 -> Be.u16(counts, index << 1);
            case 5 -> Be.u32(counts, index << 2);
            case 6 -> counts.get(Be.LONG, index << 3);
            default -> {
                long bit = index << order;
                yield counts.get(Be.BYTE, bit >> 3) >> (bit & 7) & (1 << (1 << order)) - 1;
            }
        };
    }

    /** Sets refcount {@code index} and marks its bytes dirty. */
    void set(int index, long count) {
        set(counts, order, index, count);
        int at = (int) ((long) index << order >> 3);
        markDirty(at, at + 1);
    }

    static void set(MemorySegment counts, int order, long index, long count) {
        switch (order) {
            case 3 -> counts.set(Be.BYTE, index, (byte) count);
            case 4 -> counts.set(Be.SHORT, index << 1, (short) count);
            case 5 -> counts.set(Be.INT, index << 2, (int) count);
            case 6 -> counts.set(Be.LONG, index << 3, count);
            default -> {
                long bit = index << order;
                int mask = (1 << (1 << order)) - 1 << (bit & 7);
                int old = counts.get(Be.BYTE, bit >> 3) & ~mask;
                counts.set(Be.BYTE, bit >> 3, (byte) (old | (int) count << (bit & 7)));
            }
        }
    }

    @Override
    void encode(int from, int to, MemorySegment target, long at) {
        MemorySegment.copy(counts, from, target, at, to - from);
    }
}
