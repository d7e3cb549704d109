package io.backplane.export.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.hostio.posix.EventFd;
import io.backplane.hostio.posix.MemFd;
import io.backplane.sys.SysFile;
import io.backplane.virtio.LittleEndian;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Everything a front-end must not send ends its connection, and nothing else. */
class HostileMessagesTest {
    private static final byte[] NOTHING = {};

    @FunctionalInterface
    private interface Lie {
        void tell(Guest guest) throws Exception;
    }

    private record Case(String name, Lie lie) {
    }

    private static Case send(String name, int request, byte[] payload) {
        return new Case(name, guest -> guest.send(request, payload));
    }

    private static byte[] patched(byte[] bytes, int at, long value) {
        byte[] copy = bytes.clone();
        MemorySegment.ofArray(copy).set(LittleEndian.U64, at, value);
        return copy;
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (int request : new int[] {0, 6, 7, 17 + 2, 22, 26, 39, 63, 1000, -1}) {
            cases.add(new Case("unknown request " + request,
                    g -> g.sendRaw(request, 1, 0, NOTHING)));
        }
        for (int flags : new int[] {0, 2, 3, 5, -1}) {
            cases.add(new Case("flags " + flags, g -> g.sendRaw(1, flags, 0, NOTHING)));
        }
        for (RequestCode code : RequestCode.values()) {
            cases.add(new Case(code + " of 4096 bytes",
                    g -> g.sendRaw(code.number(), 1, 4096, NOTHING)));
            cases.add(new Case(code + " of 4 GiB",
                    g -> g.sendRaw(code.number(), 1, -1, NOTHING)));
            cases.add(new Case(code + " with ten descriptors", g -> {
                int fd = g.memFd.fd();
                byte[] payload = new byte[code.allowsBytes(0) ? 0 : code.allowsBytes(8) ? 8 : 40];
                g.send(code.number(), payload, fd, fd, fd, fd, fd, fd, fd, fd, fd, fd);
            }));
        }
        cases.add(send("SET_FEATURES of one byte", 2, new byte[1]));
        cases.add(send("SET_FEATURES beyond the offer", 2, Guest.u64(-1)));
        cases.add(send("SET_PROTOCOL_FEATURES beyond the offer", 16, Guest.u64(-1)));
        cases.add(send("SET_MEM_TABLE without its descriptor", 5, Guest.table(0, 4096, 0, 0)));
        cases.add(send("SET_MEM_TABLE of 2^32-1 regions", 5,
                patched(Guest.table(0, 4096, 0, 0), 0, 0xffffffffL)));
        byte[] good = Guest.table(Guest.GUEST_BASE, Guest.BYTES, Guest.USER_BASE, 0);
        Object[][] tables = {{"empty region", 16, 0L}, {"larger than its file", 16, 1L << 30},
            {"length max", 16, -1L}, {"guest address wraps", 8, -4096L},
            {"user address wraps", 24, -4096L}, {"file offset behind the end", 32, 1L << 40},
            {"file offset negative", 32, -1L}};
        for (Object[] table : tables) {
            byte[] payload = patched(good, (Integer) table[1], (Long) table[2]);
            cases.add(new Case("memory: " + table[0], g -> g.send(5, payload, g.memFd.fd())));
        }
        cases.add(new Case("memory that is an eventfd", g -> {
            try (EventFd fd = EventFd.create()) {
                g.send(5, good, fd.fd());
            }
        }));
        cases.add(send("ring index 1 of 1", 8, Guest.state(1, 16)));
        cases.add(send("ring index max", 8, Guest.state(-1, 16)));
        cases.add(send("GET_VRING_BASE of ring 7", 11, Guest.state(7, 0)));
        cases.add(send("ring size 65536", 8, Guest.state(0, 65536)));
        cases.add(send("ring base 65536", 10, Guest.state(0, 65536)));
        cases.add(send("enable to 2", 18, Guest.state(0, 2)));
        cases.add(send("kick of ring 7", 12, Guest.u64(7 | 1 << 8)));
        cases.add(send("kick without descriptor", 12, Guest.u64(0)));
        cases.add(send("kick by polling", 12, Guest.u64(1 << 8)));
        cases.add(send("kick with odd bits", 12, Guest.u64(1 << 9 | 1 << 8)));
        cases.add(new Case("kick that is a memfd", g -> g.send(12, Guest.u64(0), g.memFd.fd())));
        cases.add(new Case("call that is a memfd", g -> g.send(13, Guest.u64(0), g.memFd.fd())));
        cases.add(new Case("call with flag and descriptor",
                g -> g.send(13, Guest.u64(1 << 8), g.memFd.fd())));
        cases.add(new Case("request channel that is a memfd",
                g -> g.send(21, NOTHING, g.memFd.fd())));
        byte[] inflight = new byte[20];
        cases.add(send("inflight of no queues", 31, inflight));
        cases.add(send("inflight of 65535 queues", 31, patched(new byte[24], 16, 0xffffffffL)));
        cases.add(new Case("inflight longer than its file", g -> {
            byte[] payload = patched(new byte[24], 16, 1 | 16 << 16);
            try (MemFd small = MemFd.create("small", 64, false)) {
                g.send(32, patched(payload, 0, 1 << 20), small.fd());
            }
        }));
        cases.add(send("SET_CONFIG longer than it says", 25, new byte[20]));
        cases.add(new Case("half a header", g -> {
            g.socket.send(MemorySegment.ofArray(NOTHING), 0, 0, null);
            g.sendRaw(1, 1, 8, NOTHING);
            g.socket.shutdown();
        }));
        return cases;
    }

    @Test
    void everyLieEndsTheConnectionAndTheNextFrontEndIsServed() throws Exception {
        try (Server server = new Server(1)) {
            int before = 0;
            int round = 0;
            List<Case> cases = cases();
            for (Case one : cases) {
                try (Guest guest = new Guest(server.socket)) {
                    try {
                        one.lie.tell(guest);
                    } catch (io.backplane.hostio.HostIoException closedAlready) {
                        // the answer came while we were still lying
                    }
                    assertNull(guest.receiveMessage(), one.name);
                }
                if (++round == 5) {
                    before = QueueRulesTest.openFds();
                }
            }
            QueueRulesTest.awaitFds(before + 1);
            try (Guest guest = new Guest(server.socket).start(1)) {
                assertEquals(0, guest.run(0, Guest.OUT, 1));
            }
        }
    }

    /** Against a guest that works against us only a look from time to time helps. */
    @Test
    void fullCallNotifierThatBlocksHoldsNobodyForLong() throws Throwable {
        String before = System.setProperty(AioContext.PERIODIC_TIMERS, "on");
        try {
            fillCallNotifier();
        } finally {
            System.setProperty(AioContext.PERIODIC_TIMERS, before == null ? "on" : before);
        }
    }

    @SuppressWarnings("restricted") // only the real write can fill an eventfd
    private static void fillCallNotifier() throws Throwable {
        MethodHandle write = Linker.nativeLinker().downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("write"), FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG));
        try (Server server = new Server(1); Arena arena = Arena.ofConfined()) {
            try (Guest guest = new Guest(server.socket).start(1)) {
                assertEquals(0, guest.run(0, Guest.OUT, 1));
                int call = guest.calls[0].fd();
                guest.calls[0].testAndClear();
                assertEquals(8L, (long) write.invokeExact(call,
                        arena.allocateFrom(ValueLayout.JAVA_LONG, -2L), 8L)); // full
                guest.queue(0, 3, Guest.OUT, 1);
                guest.memory.set(LittleEndian.U16, 0x1004 + 2 * Guest.SIZE, (char) 1); // used_event
                SysFile.setNonBlocking(call, false);
                guest.kick(0);
                assertNull(guest.receiveMessage(), "the connection ends");
            }
            try (Guest guest = new Guest(server.socket).start(1)) {
                assertEquals(0, guest.run(0, Guest.OUT, 1));
            }
        }
    }

    @Test
    void badRequestInTheRingEndsOneDeviceOnly() throws Exception {
        try (Server server = new Server(1); Server other = new Server(1);
                Guest witness = new Guest(other.socket).start(1)) {
            for (int round = 0; round < 3; round++) {
                try (Guest guest = new Guest(server.socket).start(1);
                        EventFd error = EventFd.create()) {
                    guest.send(14, Guest.u64(0), error.fd());
                    guest.sync();
                    guest.desc(0, 0, 0x80000, 16, 1, 0); // loops
                    guest.memory.set(LittleEndian.U16, 0x1004, (char) 0);
                    guest.memory.set(LittleEndian.U16, 0x1002, (char) 1);
                    guest.kick(0);
                    assertNull(guest.receiveMessage());
                    assertTrue(error.testAndClear(), "the error notifier was signalled");
                    assertEquals(0, guest.used(0));
                }
                assertEquals(0, witness.run(0, Guest.OUT, 1));
            }
            try (Guest guest = new Guest(server.socket).start(1)) {
                assertEquals(0, guest.run(0, Guest.OUT, 1));
            }
        }
    }

    @Test
    void memoryThatVanishesBreaksItsOwnDeviceOnly() throws Exception {
        try (Server server = new Server(1); Server other = new Server(1);
                Guest witness = new Guest(other.socket).start(1);
                Guest guest = new Guest(server.socket).start(1)) {
            assertEquals(0, guest.run(0, Guest.OUT, 1));
            try (RandomAccessFile file = new RandomAccessFile(
                    "/proc/self/fd/" + guest.memFd.fd(), "rw")) {
                file.setLength(0);
            }
            guest.kick(0);
            assertNull(guest.receiveMessage());
            assertEquals(0, witness.run(0, Guest.OUT, 1));
            try (Guest next = new Guest(server.socket).start(1)) {
                assertEquals(0, next.run(0, Guest.OUT, 1));
            }
        }
    }

    @Test
    void refusalsThatAreNoViolationsAreAcknowledgedNegatively() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket)) {
            guest.negotiate();
            byte[] config = new byte[12 + 8];
            config[4] = 8; // capacity is not writable
            guest.sendRaw(25, 1 | Guest.NEED_REPLY, config.length, config);
            assertEquals(1, MemorySegment.ofArray(guest.receiveMessage())
                    .get(LittleEndian.U64, 0));
            byte[] removal = new byte[40];
            guest.sendRaw(38, 1 | Guest.NEED_REPLY, 40, removal);
            assertEquals(1, MemorySegment.ofArray(guest.receiveMessage())
                    .get(LittleEndian.U64, 0));
            byte[] tooLong = new byte[12];
            MemorySegment.ofArray(tooLong).set(LittleEndian.U32, 4, 9);
            guest.send(24, tooLong);
            assertEquals(0, guest.receiveMessage().length, "an empty answer refuses GET_CONFIG");
        }
    }

    @Test
    void randomMessagesNeverHurtTheNextFrontEnd() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (Server server = new Server(2)) {
            for (int round = 0; round < 150; round++) {
                try (Guest guest = new Guest(server.socket)) {
                    guest.negotiate();
                    guest.shareMemory();
                    for (int i = 0; i < 6; i++) {
                        RequestCode code = RequestCode.values()[
                                random.nextInt(RequestCode.values().length)];
                        byte[] payload = new byte[code.allowsBytes(0) ? 0
                                : code.allowsBytes(8) ? 8 : code.allowsBytes(40) ? 40 : 20];
                        random.nextBytes(payload);
                        if (random.nextBoolean() && payload.length > 4) {
                            java.util.Arrays.fill(payload, 1, 4, (byte) 0);
                            payload[0] = (byte) random.nextInt(3);
                        }
                        int[] fds = new int[random.nextInt(2)];
                        java.util.Arrays.fill(fds, guest.memFd.fd());
                        guest.send(code.number(), payload, fds);
                    }
                } catch (io.backplane.hostio.HostIoException | NullPointerException ended) {
                    continue;
                }
            }
            try (Guest guest = new Guest(server.socket).start(2)) {
                assertEquals(0, guest.run(1, Guest.OUT, 1), "seed " + seed);
                assertNotNull(server.ops);
            }
        }
    }
}
