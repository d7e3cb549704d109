package io.backplane.tool.guest.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The driver's half of a ring against a device written in the plainest way. */
class GuestQueueTest {
    private static final int SIZE = 16;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private GuestMemory memory;

    private GuestQueue queue(boolean eventIdx, boolean indirect) throws Exception {
        memory = GuestMemory.create(1 << 20, 1);
        GuestQueue queue = new GuestQueue(memory, 0, SIZE, eventIdx, indirect, 8);
        opened.push(memory);
        opened.push(queue);
        return queue;
    }

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    /** Completes what is available, in the order given by {@code random}; sums the lengths. */
    private int serve(GuestQueue queue, boolean indirect, int from, SplittableRandom random) {
        MemorySegment m = memory.segment();
        int shown = m.get(ValueLayout.JAVA_SHORT, queue.availableOffset() + 2) & 0xffff;
        int count = shown - from & 0xffff;
        int[] heads = new int[count];
        for (int i = 0; i < count; i++) {
            heads[i] = m.get(ValueLayout.JAVA_SHORT,
                    queue.availableOffset() + 4 + 2L * (from + i & SIZE - 1));
        }
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = heads[i];
            heads[i] = heads[j];
            heads[j] = swap;
        }
        int used = m.get(ValueLayout.JAVA_SHORT, queue.usedOffset() + 2) & 0xffff;
        for (int head : heads) {
            m.set(ValueLayout.JAVA_INT, queue.usedOffset() + 4 + 8L * (used & SIZE - 1), head);
            m.set(ValueLayout.JAVA_INT, queue.usedOffset() + 8 + 8L * (used & SIZE - 1),
                    length(queue, head, indirect));
            used++;
        }
        m.set(ValueLayout.JAVA_SHORT, queue.usedOffset() + 2, (short) used);
        return shown;
    }

    private int length(GuestQueue queue, int head, boolean indirect) {
        MemorySegment m = memory.segment();
        long table = queue.descriptorsOffset();
        long at = table + 16L * head;
        if (indirect) {
            assertEquals(GuestQueue.INDIRECT, m.get(ValueLayout.JAVA_SHORT, at + 12));
            table = m.get(ValueLayout.JAVA_LONG, at) - memory.guestAddress(0);
            at = table;
        }
        int sum = 0;
        while (true) {
            sum += m.get(ValueLayout.JAVA_INT, at + 8);
            if ((m.get(ValueLayout.JAVA_SHORT, at + 12) & GuestQueue.NEXT) == 0) {
                return sum;
            }
            at = table + 16L * m.get(ValueLayout.JAVA_SHORT, at + 14);
        }
    }

    private void everyTokenComesBack(boolean eventIdx, boolean indirect) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        GuestQueue queue = queue(eventIdx, indirect);
        int[] expected = new int[SIZE];
        int seen = 0;
        for (int round = 0; round < 20_000; round++) {
            int token = 0;
            int wanted = random.nextInt(SIZE + 1);
            while (token < wanted) {
                int parts = 1 + random.nextInt(8);
                if (!queue.hasRoom(parts)) {
                    break;
                }
                queue.begin(token);
                expected[token] = 0;
                for (int i = 0; i < parts; i++) {
                    int bytes = 1 + random.nextInt(1000);
                    queue.readable(0x1000L * i, bytes);
                    expected[token] += bytes;
                }
                queue.end();
                token++;
            }
            queue.publish();
            assertEquals(token, queue.inFlight());
            seen = serve(queue, indirect, seen, random);
            for (int i = 0; i < token; i++) {
                int back = queue.complete();
                assertTrue(back >= 0 && expected[back] > 0, "token " + back);
                assertEquals(expected[back], queue.usedBytes());
                expected[back] = 0;
            }
            assertEquals(-1, queue.complete());
        }
        assertTrue(queue.hasRoom(indirect ? 1 : SIZE));
    }

    @Test
    void everyTokenComesBackOnceThroughIndirectTables() throws Exception {
        everyTokenComesBack(true, true);
    }

    @Test
    void everyTokenComesBackOnceThroughChainsInTheRing() throws Exception {
        everyTokenComesBack(false, false);
    }

    @Test
    void kicksOnlyWhenTheAvailEventIsCrossed() throws Exception {
        GuestQueue queue = queue(true, true);
        MemorySegment m = memory.segment();
        long event = queue.usedOffset() + 4 + 8L * SIZE;
        one(queue);
        assertTrue(queue.publish(), "event 0, first request");
        one(queue);
        assertFalse(queue.publish(), "event 0 is behind");
        m.set(ValueLayout.JAVA_SHORT, event, (short) 3);
        one(queue);
        assertFalse(queue.publish(), "index 3 does not cross event 3");
        one(queue);
        one(queue);
        assertTrue(queue.publish(), "index 5 crosses event 3");
    }

    @Test
    void kicksAlwaysWithoutEventIndexUnlessTold() throws Exception {
        GuestQueue queue = queue(false, true);
        one(queue);
        assertTrue(queue.publish());
        memory.segment().set(ValueLayout.JAVA_SHORT, queue.usedOffset(), (short) 1);
        one(queue);
        assertFalse(queue.publish());
    }

    @Test
    void completionOfAnEntryNotInFlightIsNoticed() throws Exception {
        GuestQueue queue = queue(true, true);
        memory.segment().set(ValueLayout.JAVA_INT, queue.usedOffset() + 4, 5);
        memory.segment().set(ValueLayout.JAVA_SHORT, queue.usedOffset() + 2, (short) 1);
        assertThrows(IllegalStateException.class, queue::complete);
    }

    @Test
    void armTellsOfCompletionsThatAreThere() throws Exception {
        GuestQueue queue = queue(true, true);
        assertFalse(queue.arm());
        one(queue);
        queue.publish();
        serve(queue, true, 0, new SplittableRandom(1));
        assertTrue(queue.arm());
        queue.interrupt();
        assertTrue(queue.awaitInterrupt(1_000_000_000L));
        assertEquals(0, queue.complete());
    }

    @Test
    void regionsHaveGapsAndAllocationsDoNotCrossThem() throws Exception {
        try (GuestMemory regions = GuestMemory.create(3 * 8192, 3)) {
            long first = regions.allocate(5000, 8);
            long second = regions.allocate(5000, 8);
            assertEquals(0, first);
            assertEquals(8192, second);
            assertTrue(regions.guestAddress(8192) - regions.guestAddress(8191) > 1);
            assertEquals(regions.guestAddress(8192), regions.region(1).guestAddress());
            regions.allocate(8192, 8);
            assertThrows(IllegalArgumentException.class, () -> regions.allocate(8192, 8));
        }
    }

    private static void one(GuestQueue queue) {
        queue.begin(0);
        queue.readable(0, 16);
        queue.end();
    }
}
