package io.backplane.tck;

import static io.backplane.virtio.LittleEndian.U16;
import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U64;
import static io.backplane.virtio.LittleEndian.U8;

import io.backplane.virtio.GuestMemory;
import io.backplane.virtio.Health;
import io.backplane.virtio.RingLayout;
import io.backplane.virtio.ViolationException;
import io.backplane.virtio.VirtQueue;
import io.backplane.virtio.VirtioFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;

/**
 * The driver's side of one split queue in ordinary memory. Good requests have a slot each, with
 * {@link #SLOT_DESCRIPTORS} descriptors and a piece of memory; around what the device may write lie
 * bytes that tell whether it wrote elsewhere. Whoever wants to lie writes descriptors and indices
 * by hand. Belongs to one context at a time.
 */
public final class GuestRing {
    /** A descriptor's flag: another one follows. */
    public static final int NEXT = 1;
    /** A descriptor's flag: the device writes. */
    public static final int WRITE = 2;
    /** A descriptor's flag: it is a table of descriptors. */
    public static final int INDIRECT = 4;
    /** Guest physical address of the memory. */
    public static final long BASE = 0x1_0000_0000L;
    /** Offset of the data in the memory. */
    public static final long DATA = 0x10000;
    /** Offset of a table of descriptors that {@link #desc(long, int, long, long, int, int)} fills. */
    public static final long TABLE = 0x4000;
    /** Number of descriptors. */
    public static final int SIZE = 64;
    /** Most requests at a time. */
    public static final int SLOTS = 16;
    /** Descriptors of a slot. */
    public static final int SLOT_DESCRIPTORS = SIZE / SLOTS;
    /** Most bytes of a request, both ways together. */
    public static final int REQUEST_BYTES_MAX = 0x3000;

    private static final long SLOT_BYTES = 0x4000;
    private static final long BYTES = DATA + SLOTS * SLOT_BYTES;
    private static final long AVAIL = 0x1000;
    private static final long USED = 0x2000;
    private static final int GAP = 32;
    private static final byte UNTOUCHED = (byte) 0xa5;

    /** A request that the device has, or had. */
    public final class Request {
        private final int slot;
        private final byte[] readable;
        private final int writableBytes;
        private byte[] written;
        private long usedBytes;

        private Request(int slot, byte[] readable, int writableBytes) {
            this.slot = slot;
            this.readable = readable;
            this.writableBytes = writableBytes;
        }

        /** Whether the device has answered it. */
        public boolean isAnswered() {
            return written != null;
        }

        /** What the writable part holds after the answer. */
        public byte[] written() {
            return written;
        }

        /** How much of the writable part the device says it has written. */
        public long usedBytes() {
            return usedBytes;
        }

        @Override
        public String toString() {
            return "request " + slot + " of " + readable.length + " readable and " + writableBytes
                    + " writable bytes";
        }
    }

    private final Random random;
    private final MemorySegment memory;
    private final Request[] requests = new Request[SLOTS];
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private int offered;
    private int seenUsed;
    private String broken;

    /** @param random how requests are cut into descriptors */
    public GuestRing(Random random) {
        this(random, Arena.ofAuto());
    }

    GuestRing(Random random, Arena arena) {
        this.random = random;
        memory = arena.allocate(BYTES, 4096);
        clear();
    }

    private void clear() {
        memory.fill((byte) 0);
        memory.asSlice(DATA).fill(UNTOUCHED);
        free.clear();
        for (int i = 0; i < SLOTS; i++) {
            requests[i] = null;
            free.add(i);
        }
        offered = 0;
        seenUsed = 0;
        broken = null;
    }

    /** Where the ring lies, for a device that begins with entry {@code nextAvail}. */
    public RingLayout layout(long features, int nextAvail) {
        return new RingLayout(0, SIZE, BASE, BASE + AVAIL, BASE + USED,
                features | VirtioFeatures.VERSION_1, nextAvail);
    }

    /** A fresh ring, as after a reset; what was in flight is forgotten. */
    public VirtQueue open(long features) {
        clear();
        return open(features, 0, new int[0]);
    }

    /** The ring as it is, from where {@code before} stands. */
    public VirtQueue reopen(long features, VirtQueue before) {
        return open(features, before.nextAvail(), before.notTaken());
    }

    private VirtQueue open(long features, int nextAvail, int[] notTaken) {
        try {
            GuestMemory all = GuestMemory.of(List.of(new GuestMemory.Region(BASE, memory)));
            return new VirtQueue(layout(features, nextAvail), all,
                    new Health(reason -> broken = reason), null, notTaken);
        } catch (ViolationException e) {
            throw new AssertionError(e);
        }
    }

    /** Why the device is broken; null: it is not. */
    public String broken() {
        return broken;
    }

    /** The memory; its first byte is at {@link #BASE}. */
    public MemorySegment memory() {
        return memory;
    }

    // ---- good requests

    /** Whether there is room for another request. */
    public boolean hasRoom() {
        return !free.isEmpty();
    }

    /** How many requests the device has. */
    public int inFlight() {
        return SLOTS - free.size();
    }

    /** Offers a request; each part is cut into one or two descriptors, if it is not empty. */
    public Request offer(byte[] readable, int writableBytes) {
        int slot = free.remove();
        Request request = new Request(slot, readable, writableBytes);
        requests[slot] = request;
        long at = DATA + slot * SLOT_BYTES + GAP;
        int first = slot * SLOT_DESCRIPTORS;
        int index = first;
        MemorySegment.copy(readable, 0, memory, U8, at, readable.length);
        index = part(index, at, readable.length, 0);
        index = part(index, writableAt(request), writableBytes, WRITE);
        long last = 16L * (index - 1);
        memory.set(U16, last + 12, (char) (memory.get(U16, last + 12) & ~NEXT));
        offer(first);
        return request;
    }

    private static long writableAt(Request request) {
        return DATA + request.slot * SLOT_BYTES + 2 * GAP + request.readable.length;
    }

    private int part(int index, long at, int bytes, int flags) {
        int next = index;
        int left = bytes;
        if (bytes > 1 && random.nextBoolean()) {
            int cut = 1 + random.nextInt(bytes - 1);
            desc(next, BASE + at, cut, flags | NEXT, next + 1);
            next++;
            left -= cut;
        }
        if (left > 0) {
            desc(next, BASE + at + bytes - left, left, flags | NEXT, next + 1);
            next++;
        }
        return next;
    }

    /** Looks what the device has answered; the number of answers. */
    public int collect() {
        int now = memory.get(U16, USED + 2);
        int count = 0;
        while (seenUsed != now) {
            long entry = USED + 4 + 8L * (seenUsed % SIZE);
            int head = memory.get(U32, entry);
            long usedBytes = memory.get(U32, entry + 4) & 0xffffffffL;
            seenUsed = seenUsed + 1 & 0xffff;
            answered(head, usedBytes);
            count++;
        }
        return count;
    }

    private void answered(int head, long usedBytes) {
        Request request = head >= 0 && head < SIZE && head % SLOT_DESCRIPTORS == 0
                ? requests[head / SLOT_DESCRIPTORS] : null;
        if (request == null) {
            throw new AssertionError("an answer to descriptor " + head
                    + ", where no request in flight begins");
        }
        if (usedBytes > request.writableBytes) {
            throw new AssertionError(request + ": the device says it has written " + usedBytes);
        }
        request.usedBytes = usedBytes;
        request.written = memory.asSlice(writableAt(request), request.writableBytes).toArray(U8);
        requests[request.slot] = null;
        checkAround(request);
        memory.asSlice(DATA + request.slot * SLOT_BYTES, SLOT_BYTES).fill(UNTOUCHED);
        free.add(request.slot);
    }

    private void checkAround(Request request) {
        long start = DATA + request.slot * SLOT_BYTES;
        long at = start + GAP;
        for (byte b : request.readable) {
            if (memory.get(U8, at++) != b) {
                throw new AssertionError(request + ": the readable part was changed");
            }
        }
        checkUntouched(request, start, GAP);
        checkUntouched(request, at, GAP);
        checkUntouched(request, writableAt(request) + request.writableBytes, GAP);
    }

    private void checkUntouched(Request request, long at, long bytes) {
        for (long i = at; i < at + bytes; i++) {
            if (memory.get(U8, i) != UNTOUCHED) {
                throw new AssertionError(request + ": memory beside it was changed");
            }
        }
    }

    // ---- by hand

    /** Takes answers to chains made by hand as seen. */
    public void skipAnswers() {
        seenUsed = usedIndex();
        memory.asSlice(DATA).fill(UNTOUCHED);
    }

    /** Writes descriptor {@code index}. */
    public void desc(int index, long address, long bytes, int flags, int next) {
        desc(0, index, address, bytes, flags, next);
    }

    /** Writes descriptor {@code index} of the table at offset {@code table} of the memory. */
    public void desc(long table, int index, long address, long bytes, int flags, int next) {
        long at = table + 16L * index;
        memory.set(U64, at, address);
        memory.set(U32, at + 8, (int) bytes);
        memory.set(U16, at + 12, (char) flags);
        memory.set(U16, at + 14, (char) next);
    }

    /** Puts a chain into the available ring. */
    public void offer(int head) {
        memory.set(U16, AVAIL + 4 + 2L * (offered % SIZE), (char) head);
        availIndex(offered + 1);
    }

    /** Says how far the available ring is filled. */
    public void availIndex(int index) {
        offered = index & 0xffff;
        memory.set(U16, AVAIL + 2, (char) offered);
    }

    /** How many answers the used ring holds, those collected included. */
    public int usedIndex() {
        return memory.get(U16, USED + 2);
    }

    /** Bytes of the newest answer, as the device says. */
    public long lastUsedBytes() {
        return memory.get(U32, USED + 8 + 8L * ((usedIndex() - 1 & 0xffff) % SIZE)) & 0xffffffffL;
    }
}
