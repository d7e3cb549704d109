package io.backplane.tool.explore.scenario;

import io.backplane.sim.Preemption;
import io.backplane.sim.SimNotifier;
import io.backplane.virtio.GuestMemory;
import io.backplane.virtio.Health;
import io.backplane.virtio.RingLayout;
import io.backplane.virtio.ViolationException;
import io.backplane.virtio.VirtQueue;
import io.backplane.virtio.VirtioFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/** The driver's side of a queue: reads of one sector each, kicked only if the device wants it. */
final class GuestQueue {
    static final int SIZE = 16;
    private static final int DESC_A_REQUEST = 3;
    private static final long DESC = 0;
    private static final long AVAIL = 0x400;
    private static final long USED = 0x800;
    private static final long HEADERS = 0x1000;
    private static final long DATA = 0x2000;
    private static final long STATUS = 0x1800;
    private static final long BYTES = 0x6000;
    private static final int SECTOR = 512;
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** One for all runs, which come one after the other. */
    private static final MemorySegment MEMORY = Arena.ofAuto().allocate(BYTES, 4096);

    final SimNotifier kick = new SimNotifier();
    final SimNotifier call = new SimNotifier();
    final boolean eventIdx;
    private String broken;
    private int offered;

    GuestQueue(boolean eventIdx) {
        this.eventIdx = eventIdx;
        MEMORY.fill((byte) 0);
    }

    /** The device's side, which goes on where a predecessor stopped. */
    VirtQueue open(int nextAvail) throws ViolationException {
        VirtQueue queue = new VirtQueue(new RingLayout(0, SIZE, DESC, AVAIL, USED,
                eventIdx ? VirtioFeatures.EVENT_IDX : 0, nextAvail),
                GuestMemory.of(List.of(new GuestMemory.Region(0, MEMORY))),
                new Health(reason -> broken = reason), null, new int[0]);
        queue.call(call);
        return queue;
    }

    /** Puts one request into the ring, and kicks if the device has asked for it. */
    void offer() {
        int slot = offered % (SIZE / DESC_A_REQUEST);
        int head = slot * DESC_A_REQUEST;
        MEMORY.set(U32, HEADERS + 16L * slot, 0); // VIRTIO_BLK_T_IN
        MEMORY.set(U64, HEADERS + 16L * slot + 8, slot);
        descriptor(head, HEADERS + 16L * slot, 16, 1, head + 1);
        descriptor(head + 1, DATA + (long) SECTOR * slot, SECTOR, 1 | 2, head + 2);
        descriptor(head + 2, STATUS + slot, 1, 2, 0);
        MEMORY.set(U16, AVAIL + 4 + 2L * (offered % SIZE), (short) head);
        Preemption.point();
        offered++;
        MEMORY.set(U16, AVAIL + 2, (short) offered);
        Preemption.point();
        boolean wanted = eventIdx
                ? MEMORY.get(U16, USED + 4 + 8L * SIZE) == (short) (offered - 1)
                : (MEMORY.get(U16, USED) & 1) == 0;
        if (wanted) {
            Preemption.point();
            kick.set();
        }
    }

    private static void descriptor(int index, long address, int bytes, int flags, int next) {
        long at = DESC + 16L * index;
        MEMORY.set(U64, at, address);
        MEMORY.set(U32, at + 8, bytes);
        MEMORY.set(U16, at + 12, (short) flags);
        MEMORY.set(U16, at + 14, (short) next);
    }

    /** Asks for an interrupt when the last of {@code count} requests is answered. */
    void wantInterruptAfter(int count) {
        MEMORY.set(U16, AVAIL + 4 + 2L * SIZE, (short) (count - 1));
    }

    /** Requests put into the ring so far. */
    int offered() {
        return offered;
    }

    /** Requests answered so far. */
    int answered() {
        return MEMORY.get(U16, USED + 2) & 0xffff;
    }

    /** Why the device is broken, or null. */
    String broken() {
        return broken;
    }
}
