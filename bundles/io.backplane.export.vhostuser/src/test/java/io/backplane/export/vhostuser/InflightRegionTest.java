package io.backplane.export.vhostuser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.virtio.LittleEndian;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InflightRegionTest {
    private static final int SIZE = 16;

    private final MemorySegment memory = Arena.ofAuto().allocate(InflightRegion.bytes(SIZE), 64);

    private InflightRegion open() {
        return new InflightRegion(memory, SIZE);
    }

    @Test
    void regionsAreAlignedTo64Bytes() {
        assertEquals(64, InflightRegion.bytes(1));
        assertEquals(64, InflightRegion.bytes(3));
        assertEquals(128, InflightRegion.bytes(4));
        assertEquals(16 + 16 * 1023 + 63 & -64, InflightRegion.bytes(1023));
    }

    @Test
    void layoutIsTheProtocols() {
        InflightRegion region = open();
        assertFalse(region.isUsed());
        assertEquals(0, region.recover(77).length);
        assertTrue(region.isUsed());
        assertEquals(1, memory.get(LittleEndian.U16, 8));
        assertEquals(SIZE, memory.get(LittleEndian.U16, 10));
        assertEquals(77, memory.get(LittleEndian.U16, 14));
        region.taken(3);
        assertEquals(1, memory.get(LittleEndian.U8, 16 + 48));
        assertEquals(1, memory.get(LittleEndian.U64, 16 + 48 + 8));
        region.answering(3);
        assertEquals(3, memory.get(LittleEndian.U16, 12));
        region.answered(3, 78);
        assertEquals(0, memory.get(LittleEndian.U8, 16 + 48));
        assertEquals(78, memory.get(LittleEndian.U16, 14));
    }

    @Test
    void deathAtAnyPointLosesAndRepeatsNothing() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            memory.fill((byte) 0);
            InflightRegion region = open();
            int used = random.nextInt(0x10000);
            region.recover(used);
            List<Integer> out = new ArrayList<>();
            ArrayDeque<Integer> free = new ArrayDeque<>();
            for (int i = 0; i < SIZE; i++) {
                free.add(i);
            }
            int steps = random.nextInt(60);
            for (int i = 0; i < steps; i++) {
                if (random.nextBoolean() && !free.isEmpty()) {
                    int head = free.poll();
                    region.taken(head);
                    out.add(head);
                } else if (!out.isEmpty()) {
                    int head = out.remove(random.nextInt(out.size()));
                    region.answering(head);
                    used = used + 1 & 0xffff;
                    region.answered(head, used);
                    free.add(head);
                }
            }
            int half = out.isEmpty() ? 3 : random.nextInt(4);
            if (half < 3) { // dies inside an answer
                int head = out.get(random.nextInt(out.size()));
                region.answering(head);
                if (half > 0) { // the guest has seen it
                    used = used + 1 & 0xffff;
                    out.remove((Integer) head);
                }
                if (half > 1) {
                    memory.set(LittleEndian.U8, 16 + 16L * head, (byte) 0);
                }
            }
            int[] again = open().recover(used);
            assertArrayEquals(out.stream().mapToInt(Integer::intValue).toArray(), again,
                    "seed " + seed + " round " + round);
        }
    }

    @Test
    void garbageInTheRegionYieldsHeadsInRangeOnly() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            byte[] bytes = new byte[(int) memory.byteSize()];
            random.nextBytes(bytes);
            MemorySegment.copy(bytes, 0, memory, LittleEndian.U8, 0, bytes.length);
            for (int head : open().recover(random.nextInt(0x10000))) {
                assertTrue(head >= 0 && head < SIZE, "seed " + seed);
            }
        }
    }
}
