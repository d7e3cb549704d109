package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U16;
import static io.backplane.virtio.LittleEndian.U64;
import static io.backplane.virtio.LittleEndian.U8;

import io.backplane.virtio.InflightLog;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * One split queue's part of the inflight buffer; vhost-user protocol, "Inflight I/O tracking".
 *
 * <pre>
 * offset      | size | spec name       | meaning
 * 0           | 8    | features        | 0
 * 8           | 2    | version         | 0: never used, 1
 * 10          | 2    | desc_num        | queue size
 * 12          | 2    | last_batch_head | head of the answer that may be half done
 * 14          | 2    | used_idx        | used index after the last answer that is wholly done
 * 16 + 16 * i | 1    | inflight        | 1: head i is taken and not answered
 * 22 + 16 * i | 2    | next            | not used: answers are batches of one
 * 24 + 16 * i | 8    | counter         | order in which heads were taken
 * </pre>
 * An answer is: {@code last_batch_head}, used index of the ring, {@code inflight}, {@code
 * used_idx}. A process that dies in between leaves {@code used_idx} different from the ring's index
 * exactly if the guest can see an answer whose {@code inflight} may still be set. The front-end
 * owns the memory too; nothing read from it is trusted further than as a head in range.
 */
final class InflightRegion implements InflightLog {
    private static final int HEADER_BYTES = 16;
    private static final int ENTRY_BYTES = 16;
    private static final int ALIGN_BYTES = 64;
    private static final char VERSION = 1;
    private static final int[] NONE = {};

    // Immutable
    private final MemorySegment region;
    private final int queueSize;

    // Home context only, once started
    private long counter;

    InflightRegion(MemorySegment region, int queueSize) {
        this.region = region;
        this.queueSize = queueSize;
    }

    /** Bytes of the part of a queue of {@code queueSize} descriptors. */
    static long bytes(int queueSize) {
        long bytes = HEADER_BYTES + (long) ENTRY_BYTES * queueSize;
        return bytes + ALIGN_BYTES - 1 & -ALIGN_BYTES;
    }

    /** Whether a predecessor has used the region. */
    boolean isUsed() {
        return region.get(U16, 8) != 0;
    }

    /**
     * Takes over the region, at the start of a queue.
     *
     * @param usedIndex the ring's used index
     * @return the heads to take up again, oldest first
     */
    int[] recover(int usedIndex) {
        if (!isUsed()) {
            region.set(U16, 10, (char) queueSize);
            region.set(U16, 14, (char) usedIndex);
            VarHandle.releaseFence();
            region.set(U16, 8, VERSION);
            return NONE;
        }
        if (region.get(U16, 14) != usedIndex) {
            int half = region.get(U16, 12);
            if (half < queueSize) {
                region.set(U8, entry(half), (byte) 0);
            }
            VarHandle.releaseFence();
            region.set(U16, 14, (char) usedIndex);
        }
        return collect();
    }

    private int[] collect() {
        long[] counters = new long[queueSize];
        Integer[] heads = new Integer[queueSize];
        int count = 0;
        for (int head = 0; head < queueSize; head++) {
            if (region.get(U8, entry(head)) != 0) {
                counters[head] = region.get(U64, entry(head) + 8);
                heads[count++] = head;
                counter = Math.max(counter, counters[head]);
            }
        }
        Arrays.sort(heads, 0, count, (a, b) -> Long.compare(counters[a], counters[b]));
        int[] sorted = new int[count];
        for (int i = 0; i < count; i++) {
            sorted[i] = heads[i];
        }
        return sorted;
    }

    private static long entry(int head) {
        return HEADER_BYTES + (long) head * ENTRY_BYTES;
    }

    @Override
    public void taken(int head) {
        region.set(U64, entry(head) + 8, ++counter);
        VarHandle.releaseFence();
        region.set(U8, entry(head), (byte) 1);
        VarHandle.releaseFence();
    }

    @Override
    public void answering(int head) {
        region.set(U16, 12, (char) head);
        VarHandle.releaseFence();
    }

    @Override
    public void answered(int head, int usedIndex) {
        VarHandle.releaseFence();
        region.set(U8, entry(head), (byte) 0);
        VarHandle.releaseFence();
        region.set(U16, 14, (char) usedIndex);
    }
}
