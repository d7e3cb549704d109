package io.backplane.virtio;

import static io.backplane.virtio.LittleEndian.U16;
import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U64;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A driver's side of one queue in ordinary memory, with every lie it can tell. */
final class GuestRing {
    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;
    static final long BASE = 0x1_0000_0000L;
    static final long DESC = 0;
    static final long AVAIL = 0x10000;
    static final long USED = 0x20000;
    static final long DATA = 0x40000;
    static final long BYTES = 0x100000;

    final MemorySegment memory = Arena.ofAuto().allocate(BYTES, 4096);
    final int size;
    String broken;

    GuestRing(int size) {
        this.size = size;
    }

    GuestMemory guestMemory() throws ViolationException {
        return GuestMemory.of(List.of(new GuestMemory.Region(BASE, memory)));
    }

    RingLayout layout(long features, int nextAvail) {
        return new RingLayout(0, size, BASE + DESC, BASE + AVAIL, BASE + USED, features,
                nextAvail);
    }

    VirtQueue open(long features) throws ViolationException {
        return open(features, 0);
    }

    VirtQueue open(long features, int nextAvail) throws ViolationException {
        return new VirtQueue(layout(features, nextAvail), guestMemory(),
                new Health(reason -> broken = reason), null, new int[0]);
    }

    void desc(int index, long address, long bytes, int flags, int next) {
        desc(DESC, index, address, bytes, flags, next);
    }

    void desc(long table, int index, long address, long bytes, int flags, int next) {
        long at = table + 16L * index;
        memory.set(U64, at, address);
        memory.set(U32, at + 8, (int) bytes);
        memory.set(U16, at + 12, (char) flags);
        memory.set(U16, at + 14, (char) next);
    }

    void offer(int head) {
        int idx = availIndex();
        memory.set(U16, AVAIL + 4 + 2L * (idx % size), (char) head);
        availIndex(idx + 1);
    }

    int availIndex() {
        return memory.get(U16, AVAIL + 2);
    }

    void availIndex(int value) {
        memory.set(U16, AVAIL + 2, (char) value);
    }

    void usedIndex(int value) {
        memory.set(U16, USED + 2, (char) value);
    }

    int usedIndex() {
        return memory.get(U16, USED + 2);
    }

    int usedFlags() {
        return memory.get(U16, USED);
    }

    int usedHead(int index) {
        return memory.get(U32, USED + 4 + 8L * (index % size));
    }

    int usedBytes(int index) {
        return memory.get(U32, USED + 8 + 8L * (index % size));
    }

    void noInterrupt(boolean on) {
        memory.set(U16, AVAIL, (char) (on ? 1 : 0));
    }

    void usedEvent(int index) {
        memory.set(U16, AVAIL + 4 + 2L * size, (char) index);
    }

    int availEvent() {
        return memory.get(U16, USED + 4 + 8L * size);
    }
}
