package io.backplane.tck;

import static io.backplane.tck.GuestRing.BASE;
import static io.backplane.tck.GuestRing.DATA;
import static io.backplane.tck.GuestRing.NEXT;
import static io.backplane.tck.GuestRing.WRITE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/**
 * A chain that the ring's rules allow and the device may not: parts missing, empty, too short, too
 * long, of the other direction, with bytes that are nearly those of a good request.
 */
final class StrangeChain {
    private static final int PARTS_MAX = 5;
    private static final int PART_BYTES = 1500;

    private final GuestRing guest;
    private final byte[] before;
    private final boolean[] mayChange;
    private long writableBytes;

    /** Offers it. */
    StrangeChain(GuestRing guest, Random random, DeviceConformance.GoodRequest model) {
        this.guest = guest;
        MemorySegment memory = guest.memory();
        mayChange = new boolean[(int) (memory.byteSize() - DATA)];
        byte[] bytes = model.readable().clone();
        for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(Math.min(bytes.length, 24))] = (byte) random.nextInt();
        }
        int readable = random.nextInt(PARTS_MAX);
        int writable = random.nextInt(PARTS_MAX) + (readable == 0 ? 1 : 0);
        int at = 0;
        for (int i = 0; i < readable + writable; i++) {
            boolean writes = i >= readable;
            int length = random.nextInt(6) == 0 ? 0 : 1 + random.nextInt(PART_BYTES);
            if (i == 0 && random.nextBoolean()) {
                length = bytes.length;
            }
            MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, DATA + at,
                    Math.min(bytes.length, length));
            guest.desc(i, BASE + DATA + at, length, (writes ? WRITE : 0)
                    | (i < readable + writable - 1 ? NEXT : 0), i + 1);
            Arrays.fill(mayChange, at, at + length, writes);
            writableBytes += writes ? length : 0;
            at += length + random.nextInt(40);
        }
        before = data();
        guest.offer(0);
    }

    private byte[] data() {
        return guest.memory().asSlice(DATA).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Fails if the device wrote where it may not. */
    void check(boolean answered) {
        byte[] after = data();
        for (int i = 0; i < after.length; i++) {
            if (after[i] != before[i] && !mayChange[i]) {
                throw new AssertionError("the device wrote to memory that is not its to write");
            }
        }
        if (answered && guest.lastUsedBytes() > writableBytes) {
            throw new AssertionError("the device says it has written " + guest.lastUsedBytes()
                    + " of " + writableBytes + " bytes");
        }
    }
}
