package io.backplane.export.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.hostio.posix.UnixSocket;
import io.backplane.rules.Rule;
import java.io.File;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queues of a real device over a real socket, against drains, resets, starts and stops. */
class QueueRulesTest {
    private static final long LIMIT_NS = 10_000_000_000L;

    @Test
    void guestReadsWhatItWrote() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            guest.data(0, 0).fill((byte) 7);
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            guest.data(0, 0).fill((byte) 0);
            assertEquals(0, guest.run(0, Guest.IN, 5));
            assertEquals(7, guest.data(0, 0).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 511));
            assertEquals(0, guest.run(0, Guest.FLUSH, 0));
            assertEquals(1, server.backend.flushCount.get());
        }
    }

    @Test
    @Rule("V5")
    void requestsThatAreInTheRingAtAResetInsideADrainStartAtItsEnd() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            guest.sync();
            server.notice(server.ops::drainedBegin);
            server.awaitQuiet();
            for (int head = 0; head < 15; head += 3) {
                guest.queue(0, head, Guest.OUT, head);
            }
            guest.kick(0);
            assertEquals(0, guest.stopRing(0), "nothing was taken");
            guest.send(34, new byte[0]);
            guest.send(2, Guest.u64(Guest.FEATURES));
            guest.startRing(0, 0);
            guest.kick(0);
            guest.sync();
            server.awaitTurns();
            assertEquals(0, server.backend.verbCount.get());
            assertEquals(0, guest.used(0));
            server.notice(server.ops::drainedEnd);
            guest.awaitUsed(0, 5);
            assertEquals(5, server.backend.verbCount.get());
        }
    }

    @Test
    @Rule("E14")
    void requestOfAGuestThatIsSilentAfterTheDrainCompletes() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            assertEquals(0, guest.run(0, Guest.IN, 0));
            server.notice(server.ops::drainedBegin);
            server.awaitQuiet();
            guest.queue(0, 0, Guest.IN, 1);
            guest.kick(0);
            server.awaitTurns();
            assertEquals(1, guest.used(0));
            guest.kicks[0].testAndClear(); // the guest's kick is lost; only our own look helps
            server.notice(server.ops::drainedEnd);
            guest.awaitUsed(0, 2);
        }
    }

    @Test
    @Rule("D9")
    void beginEndBeginWithoutALoopTurnBetweenKeepsQuiet() throws Exception {
        try (Server server = new Server(2); Guest guest = new Guest(server.socket).start(2)) {
            guest.sync();
            server.notice(() -> {
                server.ops.drainedBegin();
                server.ops.drainedEnd();
                server.ops.drainedBegin();
                server.ops.drainedBegin();
                server.ops.drainedEnd();
            });
            server.awaitQuiet();
            guest.queue(1, 0, Guest.OUT, 1);
            guest.kick(1);
            server.awaitTurns();
            assertEquals(0, server.backend.verbCount.get());
            server.notice(server.ops::drainedEnd);
            guest.awaitUsed(1, 1);
        }
    }

    @Test
    @Rule({"D3", "D7"})
    void drainWaitsForRequestsOfEveryQueueAlsoBeforeTheirFirstVerb() throws Exception {
        try (Server server = new Server(4); Guest guest = new Guest(server.socket).start(4)) {
            server.backend.suspending = true;
            long seed = System.nanoTime();
            java.util.Random random = new java.util.Random(seed);
            int[] wanted = new int[4];
            for (int round = 0; round < 100; round++) {
                for (int q = 0; q < 4; q++) {
                    for (int head = 0; head < 15; head += 3) {
                        guest.queue(q, head, random.nextBoolean() ? Guest.IN : Guest.OUT, head);
                    }
                    wanted[q] += 5;
                    guest.kick(q);
                }
                server.notice(server.ops::drainedBegin);
                server.awaitQuiet();
                int before = server.backend.verbCount.get();
                server.awaitTurns();
                assertEquals(before, server.backend.verbCount.get(), "seed " + seed);
                server.notice(server.ops::drainedEnd);
                for (int q = 0; q < 4; q++) {
                    guest.awaitUsed(q, wanted[q]);
                }
            }
        }
    }

    @Test
    @Rule({"D4", "V1"})
    void ringStartedInsideADrainWithRequestsInItRunsAtTheEnd() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket)) {
            server.notice(server.ops::drainedBegin);
            guest.queue(0, 0, Guest.OUT, 3);
            guest.queue(0, 3, Guest.OUT, 4);
            guest.start(1).sync();
            server.awaitTurns();
            assertEquals(0, server.backend.verbCount.get());
            server.notice(server.ops::drainedEnd);
            guest.awaitUsed(0, 2);
        }
    }

    @Test
    @Rule("V1")
    void requestsQueuedBeforeTheStartNeedNoKick() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket)) {
            guest.queue(0, 0, Guest.OUT, 3);
            guest.start(1);
            guest.awaitUsed(0, 1);
        }
    }

    @Test
    @Rule({"V2", "V3", "D8"})
    void stopAndStartUnderLoadLoseNothing() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            server.backend.suspending = true;
            int wanted = 0;
            for (int round = 0; round < 1000; round++) {
                for (int head = 0; head < 15; head += 3) {
                    guest.queue(0, head, Guest.OUT, head);
                    guest.kick(0);
                }
                wanted += 5;
                int next = guest.stopRing(0);
                assertEquals(guest.used(0), next, "stop waits for what was taken");
                guest.startRing(0, next);
                guest.awaitUsed(0, wanted);
            }
            assertEquals(1000 * 5, server.backend.verbCount.get());
            awaitIdle(server);
        }
    }

    /** Waits for a while without turns: what a stop has left behind would turn all the time. */
    private static void awaitIdle(Server server) throws InterruptedException {
        long limit = System.nanoTime() + LIMIT_NS;
        long before;
        do {
            assertTrue(System.nanoTime() < limit, "an idle loop turns");
            before = turns(server);
            Thread.sleep(200);
        } while (turns(server) - before > 5);
    }

    private static long turns(Server server) {
        return server.loops.reports().stream().mapToLong(r -> r.turnCount()).sum();
    }

    @Test
    @Rule("V2")
    void stopWaitsForRequestsParkedBelow() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            server.backend.held = true;
            guest.queue(0, 0, Guest.OUT, 0);
            guest.kick(0);
            awaitVerbs(server, 1);
            guest.send(11, Guest.state(0, 0));
            server.awaitTurns();
            assertEquals(0, guest.used(0));
            assertEquals(UnixSocket.WOULD_BLOCK, guest.socket.receive(guest.memory, 0x70000, 1));
            server.backend.release();
            assertEquals(8, guest.receiveMessage().length);
            assertEquals(1, guest.used(0));
        }
    }

    @Test
    @Rule("V8")
    void newCapacityReachesTheGuestOnce() throws Exception {
        UnixSocket[] pair = UnixSocket.pair();
        try (Server server = new Server(1); Guest guest = new Guest(server.socket);
                UnixSocket ours = pair[0]) {
            guest.negotiate();
            guest.send(21, new byte[0], pair[1].fd());
            guest.sync();
            pair[1].close();
            server.backend.resize(Server.DISK_BYTES / 2);
            server.notice(server.ops::resized);
            server.notice(server.ops::resized);
            java.lang.foreign.MemorySegment got =
                    java.lang.foreign.Arena.ofAuto().allocate(64, 8);
            assertEquals(MessageHeader.BYTES, ours.receive(got, 0, 64));
            assertEquals(2, MessageHeader.decode(got).request());
            byte[] access = new byte[12 + 8];
            access[4] = 8;
            guest.send(24, access);
            byte[] answer = guest.receiveMessage();
            assertEquals(Server.DISK_BYTES / 2 >> 9, java.lang.foreign.MemorySegment
                    .ofArray(answer).get(io.backplane.virtio.LittleEndian.U64, 12));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16})
    @Rule("V9")
    void queuesOverTwoThreadsAllServe(int count) throws Exception {
        try (Server server = new Server(count);
                Guest guest = new Guest(server.socket).start(count)) {
            for (int q = 0; q < count; q++) {
                assertEquals(0, guest.run(q, Guest.OUT, q));
            }
        }
    }

    @Test
    @Rule("V10")
    void startThatFailsLeavesNothingBehind() throws Exception {
        try (Server server = new Server(1)) {
            int before = 0;
            for (int round = 0; round < 20; round++) {
                try (Guest guest = new Guest(server.socket)) {
                    guest.negotiate();
                    guest.shareMemory();
                    guest.kicks[0] = io.backplane.hostio.posix.EventFd.create();
                    guest.calls[0] = io.backplane.hostio.posix.EventFd.create();
                    guest.send(8, Guest.state(0, Guest.SIZE));
                    guest.send(9, Guest.addresses(0, Guest.USER_BASE, Guest.USER_BASE + 0x2000,
                            Guest.USER_BASE + Guest.BYTES));
                    guest.send(13, Guest.u64(0), guest.calls[0].fd());
                    guest.send(12, Guest.u64(0), guest.kicks[0].fd());
                    guest.send(18, Guest.state(0, 1));
                    assertNull(guest.receiveMessage(), "the connection ends");
                }
                if (round == 4) {
                    server.awaitTurns();
                    before = openFds();
                }
            }
            awaitFds(before + 1);
            try (Guest guest = new Guest(server.socket).start(1)) {
                assertEquals(0, guest.run(0, Guest.IN, 0));
            }
        }
    }

    static int openFds() {
        return new File("/proc/self/fd").list().length;
    }

    /** Waits until the server has closed its side, too. */
    static void awaitFds(int max) throws InterruptedException {
        long limit = System.nanoTime() + LIMIT_NS;
        while (openFds() > max) {
            assertTrue(System.nanoTime() < limit, "descriptors leak");
            Thread.sleep(1);
        }
    }

    private static void awaitVerbs(Server server, int count) throws InterruptedException {
        long limit = System.nanoTime() + LIMIT_NS;
        while (server.backend.verbCount.get() < count) {
            assertTrue(System.nanoTime() < limit, "requests do not come");
            Thread.sleep(1);
        }
    }

    @Test
    @Rule("E12")
    void drainOfOneDeviceDoesNotStopAnotherInTheSameThread() throws Exception {
        try (Server one = new Server(1, 0, true); Guest guest = new Guest(one.socket).start(1);
                Server two = new Server(one)) {
            assertEquals(one.loops, two.loops);
            guest.sync();
            try (Guest other = new Guest(two.socket).start(1)) {
                one.notice(one.ops::drainedBegin);
                assertEquals(0, other.run(0, Guest.OUT, 1));
                one.notice(one.ops::drainedEnd);
                assertEquals(0, guest.run(0, Guest.OUT, 1));
            }
        }
    }

    @Test
    @Rule("E14")
    void driverThatKicksOnlyWhenAskedToNeverHangs() throws Exception {
        try (Server server = new Server(1, 1, true);
                Guest guest = new Guest(server.socket).start(1)) {
            for (int i = 0; i < 30_000; i++) {
                guest.queue(0, 0, Guest.OUT, 0);
                if (guest.availEvent(0) == (i & 0xffff)) {
                    guest.kick(0);
                }
                long limit = System.nanoTime() + LIMIT_NS;
                while (guest.used(0) != (i + 1 & 0xffff)) {
                    assertTrue(System.nanoTime() < limit, "lost after " + i);
                    Thread.onSpinWait();
                }
            }
        }
    }

    @Test
    void exportThatClosesAnswersWhatItTookAndDisconnects() throws Exception {
        Server server = new Server(1);
        try (Guest guest = new Guest(server.socket).start(1)) {
            server.backend.suspending = true;
            for (int head = 0; head < 15; head += 3) {
                guest.queue(0, head, Guest.OUT, head);
            }
            guest.kick(0);
            guest.awaitUsed(0, 5);
            server.close();
            assertNull(guest.receiveMessage());
        }
        assertTrue(server.backend.closed);
        assertFalse(new File(server.socket).exists());
    }

    @Test
    void memoryOfAFrontEndThatDiedStaysMappedUntilItsRequestsHaveEnded() throws Exception {
        try (Server server = new Server(2)) {
            for (int round = 0; round < 10; round++) {
                server.backend.held = true;
                int before = server.backend.verbCount.get();
                try (Guest dead = new Guest(server.socket).start(2)) {
                    for (int head = 0; head < 15; head += 3) {
                        dead.queue(0, head, Guest.IN, 0);
                        dead.queue(1, head, Guest.OUT, 0);
                    }
                    dead.kick(0);
                    dead.kick(1);
                    awaitVerbs(server, before + 10);
                }
                server.awaitTurns();
                server.backend.release();
                try (Guest next = new Guest(server.socket).start(2)) {
                    assertEquals(0, next.run(1, Guest.IN, 0));
                }
            }
        }
    }

    @Test
    void hundredFrontEndsLeaveNothingBehind() throws Exception {
        try (Server server = new Server(4)) {
            int before = 0;
            long mappings = 0;
            for (int round = 0; round < 100; round++) {
                try (Guest guest = new Guest(server.socket).start(4)) {
                    guest.run(round % 4, Guest.OUT, 0);
                }
                if (round == 5) {
                    server.awaitTurns();
                    before = openFds();
                    mappings = mappings();
                }
            }
            awaitFds(before + 1);
            assertTrue(mappings() <= mappings + 20, "mappings leak");
        }
    }

    private static long mappings() throws java.io.IOException {
        try (java.util.stream.Stream<String> lines =
                java.nio.file.Files.lines(java.nio.file.Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("memfd:")).count();
        }
    }

    @Test
    void secondFrontEndIsServedWhenTheFirstLeaves() throws Exception {
        try (Server server = new Server(1)) {
            Guest first = new Guest(server.socket).start(1);
            assertEquals(0, first.run(0, Guest.OUT, 1));
            try (Guest second = new Guest(server.socket)) {
                second.send(1, new byte[0]);
                server.awaitTurns();
                first.close();
                assertTrue(second.receiveMessage().length == 8);
            }
        }
    }
}
