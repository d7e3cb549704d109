package io.backplane.virtio;

import static io.backplane.virtio.GuestRing.BASE;
import static io.backplane.virtio.GuestRing.DATA;
import static io.backplane.virtio.GuestRing.INDIRECT;
import static io.backplane.virtio.GuestRing.NEXT;
import static io.backplane.virtio.GuestRing.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class VirtQueueTest {
    private static final long PLAIN = VirtioFeatures.VERSION_1;
    private static final long ALL = PLAIN | VirtioFeatures.INDIRECT_DESC
            | VirtioFeatures.EVENT_IDX;
    private static final long TABLE = 0x80000;

    private final GuestRing guest = new GuestRing(8);

    @Test
    void chainBecomesReadableAndWritableVectorsInOrder() throws ViolationException {
        VirtQueue queue = guest.open(PLAIN);
        guest.desc(3, BASE + DATA, 16, NEXT, 1);
        guest.desc(1, BASE + DATA + 0x1000, 512, NEXT, 7);
        guest.desc(7, BASE + DATA + 0x3000, 100, WRITE | NEXT, 0);
        guest.desc(0, BASE + DATA + 0x2000, 1, WRITE, 5);
        guest.offer(3);
        VirtQueueElement element = queue.pop();
        assertEquals(3, element.head());
        assertEquals(2, element.readable().count());
        assertEquals(528, element.readable().bytes());
        assertEquals(DATA + 0x1000, element.readable().offset(1));
        assertEquals(101, element.writable().bytes());
        assertEquals(DATA + 0x2000, element.writable().offset(1));
        assertNull(queue.pop());
        element.complete(101);
        assertEquals(1, guest.usedIndex());
        assertEquals(3, guest.usedHead(0));
        assertEquals(101, guest.usedBytes(0));
        assertNull(guest.broken);
    }

    @Test
    void indirectTableMayFollowDirectDescriptors() throws ViolationException {
        VirtQueue queue = guest.open(ALL);
        guest.desc(0, BASE + DATA, 16, NEXT, 1);
        guest.desc(1, BASE + TABLE, 48, INDIRECT | WRITE, 9);
        guest.desc(TABLE, 0, BASE + DATA + 64, 64, NEXT, 2);
        guest.desc(TABLE, 2, BASE + DATA + 256, 8, WRITE | NEXT, 1);
        guest.desc(TABLE, 1, BASE + DATA + 512, 1, WRITE, 77);
        guest.offer(0);
        VirtQueueElement element = queue.pop();
        assertEquals(80, element.readable().bytes());
        assertEquals(9, element.writable().bytes());
        element.complete(0);
    }

    @Test
    void indirectTableMayBeLongerThanTheQueue() throws ViolationException {
        VirtQueue queue = guest.open(ALL);
        int count = 128;
        for (int i = 0; i < count; i++) {
            guest.desc(TABLE, i, BASE + DATA + i, 1, i < count - 1 ? NEXT : WRITE, i + 1);
        }
        guest.desc(0, BASE + TABLE, 16L * count, INDIRECT, 0);
        guest.offer(0);
        assertEquals(count - 1, queue.pop().readable().count());
    }

    @Test
    void indirectTableMayCrossFromOneRegionIntoTheNext() throws ViolationException {
        long border = TABLE + 24;
        MemorySegment all = guest.memory;
        GuestMemory memory = GuestMemory.of(List.of(
                new GuestMemory.Region(BASE, all.asSlice(0, border)),
                new GuestMemory.Region(BASE + border, all.asSlice(border))));
        VirtQueue queue = new VirtQueue(guest.layout(ALL, 0), memory,
                new Health(reason -> guest.broken = reason), null, new int[0]);
        guest.desc(0, BASE + TABLE, 32, INDIRECT, 0);
        guest.desc(TABLE, 0, BASE + DATA, 16, NEXT, 1);
        guest.desc(TABLE, 1, BASE + border - 4, 8, WRITE, 0);
        guest.offer(0);
        VirtQueueElement element = queue.pop();
        assertNotNull(element, guest.broken);
        assertEquals(2, element.writable().count());
    }

    @FunctionalInterface
    private interface Lie {
        void tell(GuestRing guest);
    }

    private static DynamicTest breaks(String name, Lie lie) {
        return DynamicTest.dynamicTest(name, () -> {
            GuestRing guest = new GuestRing(8);
            VirtQueue queue = guest.open(ALL);
            guest.desc(0, BASE + DATA, 16, NEXT, 1);
            guest.desc(1, BASE + DATA + 64, 1, WRITE, 0);
            lie.tell(guest);
            guest.offer(0);
            assertNull(queue.pop(), name);
            assertNotNull(guest.broken, name);
            assertTrue(queue.isBroken());
            assertEquals(0, queue.inUse());
            assertNull(queue.pop());
            assertFalse(queue.hasWork());
            assertFalse(queue.enableNotifications());
            assertEquals(0, guest.usedIndex());
        });
    }

    @TestFactory
    Stream<DynamicTest> everyLieInADescriptorBreaksTheDevice() {
        return Stream.of(
                breaks("head outside", g -> {
                    g.memory.set(LittleEndian.U16, GuestRing.AVAIL + 4, (char) 8);
                    g.availIndex(1);
                }),
                breaks("next outside", g -> g.desc(0, BASE + DATA, 16, NEXT, 8)),
                breaks("next far outside", g -> g.desc(0, BASE + DATA, 16, NEXT, 0xffff)),
                breaks("loop to itself", g -> g.desc(0, BASE + DATA, 16, NEXT, 0)),
                breaks("loop of two", g -> g.desc(1, BASE + DATA, 16, NEXT, 0)),
                breaks("zero length", g -> g.desc(0, BASE + DATA, 0, NEXT, 1)),
                breaks("address below memory", g -> g.desc(0, BASE - 1, 16, NEXT, 1)),
                breaks("address 0", g -> g.desc(0, 0, 16, NEXT, 1)),
                breaks("address max", g -> g.desc(0, -1, 16, NEXT, 1)),
                breaks("address wraps", g -> g.desc(0, -8, 16, NEXT, 1)),
                breaks("ends behind memory",
                        g -> g.desc(0, BASE + GuestRing.BYTES - 8, 16, NEXT, 1)),
                breaks("length max", g -> g.desc(0, BASE, 0xffffffffL, NEXT, 1)),
                breaks("readable after writable", g -> {
                    g.desc(0, BASE + DATA, 16, NEXT | WRITE, 1);
                    g.desc(1, BASE + DATA, 16, 0, 1);
                }),
                breaks("indirect with next", g -> g.desc(0, BASE + TABLE, 16, INDIRECT | NEXT, 1)),
                breaks("indirect of zero bytes", g -> g.desc(0, BASE + TABLE, 0, INDIRECT, 1)),
                breaks("indirect of odd length", g -> g.desc(0, BASE + TABLE, 17, INDIRECT, 1)),
                breaks("indirect too long",
                        g -> g.desc(0, BASE, 0x100010, INDIRECT, 1)),
                breaks("indirect outside", g -> g.desc(0, 16, 16, INDIRECT, 1)),
                breaks("indirect ends outside",
                        g -> g.desc(0, BASE + GuestRing.BYTES - 16, 32, INDIRECT, 1)),
                breaks("indirect in indirect", g -> {
                    g.desc(0, BASE + TABLE, 16, INDIRECT, 0);
                    g.desc(TABLE, 0, BASE + TABLE, 16, INDIRECT, 0);
                }),
                breaks("indirect loop", g -> {
                    g.desc(0, BASE + TABLE, 32, INDIRECT, 0);
                    g.desc(TABLE, 0, BASE + DATA, 16, NEXT, 1);
                    g.desc(TABLE, 1, BASE + DATA, 16, NEXT, 0);
                }),
                breaks("indirect next outside its table", g -> {
                    g.desc(0, BASE + TABLE, 32, INDIRECT, 0);
                    g.desc(TABLE, 0, BASE + DATA, 16, NEXT, 2);
                }),
                breaks("index too far ahead", g -> g.availIndex(8)));
    }

    @Test
    void chainOfMoreThanFourGibibytesBreaksTheDevice() throws ViolationException {
        // The same memory again and again: 1024 descriptors of 8 MiB.
        MemorySegment big = java.lang.foreign.Arena.ofAuto().allocate(8 << 20, 16);
        GuestMemory memory = GuestMemory.of(List.of(new GuestMemory.Region(BASE, guest.memory),
                new GuestMemory.Region(0, big)));
        VirtQueue queue = new VirtQueue(guest.layout(ALL, 0), memory,
                new Health(reason -> guest.broken = reason), null, new int[0]);
        for (int i = 0; i < 1024; i++) {
            guest.desc(TABLE, i, 0, 8 << 20, i < 1023 ? NEXT : 0, i + 1);
        }
        guest.desc(0, BASE + TABLE, 16L * 500, INDIRECT, 0);
        guest.desc(TABLE, 499, 0, 8 << 20, 0, 0);
        guest.offer(0);
        assertEquals(500L << 23, queue.pop().readable().bytes());
        guest.desc(TABLE, 499, 0, 8 << 20, NEXT, 500);
        guest.desc(0, BASE + TABLE, 16L * 1024, INDIRECT, 0);
        guest.offer(0);
        assertNull(queue.pop());
        assertTrue(guest.broken.contains("4 GiB"), guest.broken);
    }

    @Test
    void indirectThatWasNotNegotiatedBreaksTheDevice() throws ViolationException {
        VirtQueue queue = guest.open(PLAIN);
        guest.desc(0, BASE + TABLE, 16, INDIRECT, 0);
        guest.desc(TABLE, 0, BASE + DATA, 16, 0, 0);
        guest.offer(0);
        assertNull(queue.pop());
        assertNotNull(guest.broken);
    }

    @Test
    void sameRequestOfferedForEverIsBounded() throws ViolationException {
        VirtQueue queue = guest.open(PLAIN);
        guest.desc(0, BASE + DATA, 16, 0, 0);
        int taken = 0;
        for (int i = 0; i < 100 && !queue.isBroken(); i++) {
            guest.offer(0);
            taken += queue.pop() != null ? 1 : 0;
        }
        assertEquals(8, taken);
    }

    @Test
    void sameRequestPutBackForEverIsBounded() throws ViolationException {
        VirtQueue queue = guest.open(PLAIN);
        guest.desc(0, BASE + DATA, 16, 0, 0);
        for (int i = 0; i < 8; i++) {
            guest.offer(0);
            queue.pop().putBack();
        }
        guest.offer(0);
        assertNull(queue.pop());
        assertTrue(guest.broken.contains("more than 8 requests"), guest.broken);
        assertEquals(8, queue.notTaken().length);
    }

    @Test
    void misplacedRingsAreRefused() throws ViolationException {
        GuestMemory memory = guest.guestMemory();
        Health health = new Health(reason -> { });
        for (RingLayout bad : List.of(
                new RingLayout(0, 0, BASE, BASE + 0x1000, BASE + 0x2000, 0, 0),
                new RingLayout(0, 7, BASE, BASE + 0x1000, BASE + 0x2000, 0, 0),
                new RingLayout(0, 65536, BASE, BASE + 0x1000, BASE + 0x2000, 0, 0),
                new RingLayout(0, -8, BASE, BASE + 0x1000, BASE + 0x2000, 0, 0),
                new RingLayout(0, 8, BASE + 8, BASE + 0x1000, BASE + 0x2000, 0, 0),
                new RingLayout(0, 8, BASE, BASE + 0x1001, BASE + 0x2000, 0, 0),
                new RingLayout(0, 8, BASE, BASE + 0x1000, BASE + 0x2002, 0, 0),
                new RingLayout(0, 8, BASE - 16, BASE + 0x1000, BASE + 0x2000, 0, 0),
                new RingLayout(0, 8, BASE, BASE + GuestRing.BYTES - 20, BASE + 0x2000, 0, 0),
                new RingLayout(0, 8, BASE, BASE + 0x1000, BASE + GuestRing.BYTES - 68, 0, 0),
                new RingLayout(0, 8, BASE, BASE + 0x1000, BASE + 0x2000, 0, 65536))) {
            assertThrows(ViolationException.class,
                    () -> new VirtQueue(bad, memory, health, null, new int[0]), bad.toString());
        }
    }

    @Test
    void interruptsWithoutEventIdxFollowTheFlag() throws ViolationException {
        VirtQueue queue = guest.open(PLAIN);
        CountingNotifier call = new CountingNotifier();
        queue.call(call);
        guest.desc(0, BASE + DATA, 16, 0, 0);
        complete(queue, 0);
        assertEquals(1, call.count);
        guest.noInterrupt(true);
        complete(queue, 0);
        assertEquals(1, call.count);
        guest.noInterrupt(false);
        complete(queue, 0);
        assertEquals(2, call.count);
    }

    private void complete(VirtQueue queue, int head) {
        guest.offer(head);
        queue.pop().complete(1);
    }

    @Test
    void eventIdxInterruptsExactlyAtTheIndexAskedForAlsoOverTheWrap() throws ViolationException {
        int start = 0xfff0;
        guest.availIndex(start);
        guest.usedIndex(start);
        VirtQueue queue = guest.open(ALL, start);
        CountingNotifier call = new CountingNotifier();
        queue.call(call);
        guest.desc(0, BASE + DATA, 16, 0, 0);
        guest.usedEvent(start + 500);
        complete(queue, 0);
        assertEquals(1, call.count, "the first one after a start is always signalled");
        for (int i = start + 1; i < start + 64; i++) {
            boolean asked = i % 3 == 0;
            guest.usedEvent(asked ? i : i + 2);
            int before = call.count;
            complete(queue, 0);
            assertEquals(asked ? 1 : 0, call.count - before, "at " + i);
        }
        assertEquals(start + 64 & 0xffff, guest.usedIndex());
    }

    @Test
    void heldInterruptsAreVisibleAtOnceAndSignalledTogether() throws ViolationException {
        for (long features : new long[] {PLAIN, ALL}) {
            for (int event = 0; event < 6; event++) {
                GuestRing ring = new GuestRing(8);
                VirtQueue queue = ring.open(features);
                CountingNotifier call = new CountingNotifier();
                queue.call(call);
                ring.desc(0, BASE + DATA, 16, 0, 0);
                ring.offer(0);
                queue.pop().complete(1);
                assertEquals(1, call.count);
                ring.usedEvent(event);
                queue.holdInterrupts(true);
                for (int i = 1; i < 5; i++) {
                    ring.offer(0);
                    queue.pop().complete(1);
                    assertEquals(i + 1, ring.usedIndex(), "visible at once");
                    assertEquals(1, call.count);
                }
                queue.holdInterrupts(false);
                boolean wanted = features == PLAIN || event >= 1 && event < 5;
                assertEquals(wanted ? 2 : 1, call.count, "event " + event);
                queue.holdInterrupts(true);
                queue.holdInterrupts(false);
                assertEquals(wanted ? 2 : 1, call.count, "nothing new");
            }
        }
    }

    @Test
    void interruptsAreHeldForAFewCompletionsOrBytesOnly() throws ViolationException {
        VirtQueue queue = guest.open(PLAIN);
        CountingNotifier call = new CountingNotifier();
        queue.call(call);
        queue.holdInterrupts(true);
        guest.desc(0, BASE + DATA, 16, 0, 0);
        for (int i = 0; i < 80; i++) {
            complete(queue, 0);
        }
        assertEquals(10, call.count);
        guest.offer(0);
        queue.pop().complete(1 << 20);
        assertEquals(11, call.count);
    }

    @Test
    void eventIdxAsksForAKickAtTheNextRequestOnlyWhenEnabled() throws ViolationException {
        VirtQueue queue = guest.open(ALL);
        guest.desc(0, BASE + DATA, 16, 0, 0);
        for (int i = 0; i < 5; i++) {
            queue.disableNotifications();
            complete(queue, 0);
        }
        assertEquals(0, guest.availEvent(), "left behind: silence");
        assertFalse(queue.enableNotifications());
        assertEquals(5, guest.availEvent());
    }

    @Test
    void requestThatArrivesBeforeNotificationsAreEnabledIsSeen() throws ViolationException {
        for (long features : new long[] {PLAIN, ALL}) {
            GuestRing ring = new GuestRing(8);
            VirtQueue queue = ring.open(features);
            ring.desc(0, BASE + DATA, 16, 0, 0);
            queue.disableNotifications();
            assertEquals(features == PLAIN ? 1 : 0, ring.usedFlags());
            assertNull(queue.pop());
            ring.offer(0);
            assertTrue(queue.enableNotifications());
            assertEquals(0, ring.usedFlags());
        }
    }

    @Test
    void requestsOfAPredecessorComeFirstAndAreNotCountedTwice() throws ViolationException {
        for (int i = 0; i < 8; i++) {
            guest.desc(i, BASE + DATA + i, 1, 0, 0);
            guest.offer(i);
        }
        guest.usedIndex(2);
        List<String> log = new ArrayList<>();
        InflightLog inflight = new InflightLog() {
            @Override
            public void taken(int head) {
                log.add("t" + head);
            }

            @Override
            public void answering(int head) {
                log.add("a" + head + "@" + guest.usedIndex());
            }

            @Override
            public void answered(int head, int usedIndex) {
                log.add("d" + head + "@" + guest.usedIndex());
                assertEquals(guest.usedIndex(), usedIndex);
            }
        };
        VirtQueue queue = new VirtQueue(guest.layout(ALL, 5), guest.guestMemory(),
                new Health(reason -> guest.broken = reason), inflight, new int[] {4, 1, 3});
        List<Integer> heads = new ArrayList<>();
        VirtQueueElement element;
        while ((element = queue.pop()) != null) {
            heads.add(element.head());
            element.complete(0);
        }
        assertEquals(List.of(4, 1, 3, 5, 6, 7), heads);
        assertEquals(8, queue.nextAvail());
        assertEquals(List.of("t4", "a4@2", "d4@3"), log.subList(0, 3));
    }

    @Test
    void elementThatIsNotAnsweredBreaksTheDevice() throws ViolationException {
        VirtQueue queue = guest.open(PLAIN);
        guest.desc(0, BASE + DATA, 16, 0, 0);
        guest.offer(0);
        try (VirtQueueElement element = queue.pop()) {
            assertTrue(element.isOut());
        }
        assertNotNull(guest.broken);
        assertEquals(0, queue.inUse());
    }

    @Test
    void answeringTwiceIsABug() throws ViolationException {
        VirtQueue queue = guest.open(PLAIN);
        guest.desc(0, BASE + DATA, 16, 0, 0);
        guest.offer(0);
        VirtQueueElement element = queue.pop();
        element.complete(0);
        assertThrows(IllegalStateException.class, () -> element.complete(0));
    }

    @Test
    void randomRingsNeverThrowAndNeverLeak() throws ViolationException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 400; round++) {
            GuestRing ring = new GuestRing(8);
            VirtQueue queue = ring.open(ALL);
            for (int i = 0; i < 8; i++) {
                ring.desc(i, address(random), random.nextInt(3) * 16L, random.nextInt(8),
                        random.nextInt(10));
                ring.desc(TABLE, i, address(random), random.nextInt(100), random.nextInt(6),
                        random.nextInt(10));
            }
            for (int i = 0; i < 4; i++) {
                ring.offer(random.nextInt(9));
                VirtQueueElement element = queue.pop();
                if (element != null) {
                    element.complete(0);
                }
                assertEquals(0, queue.inUse(), "seed " + seed);
                assertEquals(element == null, queue.isBroken(), "seed " + seed);
            }
        }
    }

    private static long address(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> BASE + TABLE;
            default -> BASE + random.nextInt((int) GuestRing.BYTES);
        };
    }
}
