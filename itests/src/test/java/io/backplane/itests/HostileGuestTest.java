package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.hostio.posix.EventFd;
import io.backplane.hostio.posix.MemFd;
import io.backplane.tool.guest.frontend.BlkQueue;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.FrontEndConnection;
import io.backplane.tool.guest.frontend.GuestDevice;
import io.backplane.tool.guest.frontend.GuestDisk;
import io.backplane.tool.guest.frontend.GuestQueue;
import io.backplane.tool.guest.frontend.VhostRequest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest that lies: malformed rings and garbage on the socket. The daemon serves two disks on one
 * I/O thread; whatever is done to the one, the other answers, the process lives, and after a new
 * connection the first one works again.
 */
class HostileGuestTest {
    private static final int SIZE = 128;
    private static final long MIB = 1 << 20;
    private static final int SLOT = 64;
    private static final int FD_SLACK = 8;

    @TempDir
    Path folder;

    private Daemon daemon;
    private GuestDisk healthy;
    private final byte[] pattern = new byte[64 << 10];

    /** One kind of lie. */
    @FunctionalInterface
    private interface Attack {
        void on(Rings rings) throws IOException;
    }

    @BeforeEach
    void serveTwoDisks() throws Exception {
        Disk disk = Disk.create(folder, "qcow2", 64 * MIB);
        List<String> arguments =
                new ArrayList<>(disk.arguments(folder.resolve("healthy.sock"), qmp()));
        Path raw = folder.resolve("attacked.raw");
        Command.run("truncate", "-s", Long.toString(64 * MIB), raw.toString());
        arguments.addAll(List.of(
                "--blockdev", "driver=file,node-name=rawfile,filename=" + raw,
                "--blockdev", "driver=raw,node-name=attacked,file=rawfile",
                "--export", "type=vhost-user-blk,id=attacked,node-name=attacked,writable=on,"
                        + "num-queues=2,iothread=io0,addr.type=unix,addr.path=" + attacked(),
                "--no-shell"));
        daemon = Daemon.start(arguments.toArray(String[]::new));
        healthy = GuestDisk.connect(folder.resolve("healthy.sock").toString());
        new SplittableRandom(1).nextBytes(pattern);
        assertEquals(BlkQueue.OK, healthy.write(MIB, pattern));
    }

    @AfterEach
    void stop() throws Exception {
        if (healthy != null && daemon.isAlive()) {
            healthy.close();
            assertEquals(0, daemon.stop(), daemon.err());
        }
        if (daemon != null) {
            daemon.close();
        }
    }

    private Path qmp() {
        return folder.resolve("qmp.sock");
    }

    private String attacked() {
        return folder.resolve("attacked.sock").toString();
    }

    /** The attacked device with its rings, to write anything to. */
    private static final class Rings implements AutoCloseable {
        final GuestDevice device;
        final GuestQueue queue;
        final MemorySegment memory;
        final long slot;

        Rings(String socket) throws IOException {
            device = GuestDevice.connect(DeviceOptions.of(socket).withQueues(2, SIZE)
                    .withTimeouts(10_000_000_000L, 10_000_000_000L));
            device.start();
            queue = device.queue(0);
            memory = device.memory().segment();
            slot = device.memory().allocate(64 << 10, 4096);
            header(BlkQueue.READ, 0);
        }

        void header(int type, long sector) {
            memory.set(ValueLayout.JAVA_INT, slot, type);
            memory.set(ValueLayout.JAVA_LONG, slot + 8, sector);
        }

        long header() {
            return device.memory().guestAddress(slot);
        }

        long status() {
            return header() + 16;
        }

        long data() {
            return header() + 4096;
        }

        void descriptor(int index, long address, long bytes, int flags, int next) {
            entry(queue.descriptorsOffset() + 16L * index, address, bytes, flags, next);
        }

        void entry(long at, long address, long bytes, int flags, int next) {
            memory.set(ValueLayout.JAVA_LONG, at, address);
            memory.set(ValueLayout.JAVA_INT, at + 8, (int) bytes);
            memory.set(ValueLayout.JAVA_SHORT, at + 12, (short) flags);
            memory.set(ValueLayout.JAVA_SHORT, at + 14, (short) next);
        }

        void available(int index, int... heads) {
            for (int i = 0; i < heads.length; i++) {
                memory.set(ValueLayout.JAVA_SHORT, queue.availableOffset() + 4 + 2L * i,
                        (short) heads[i]);
            }
            memory.set(ValueLayout.JAVA_SHORT, queue.availableOffset() + 2, (short) index);
            queue.kick();
        }

        @Override
        public void close() {
            device.close();
        }
    }

    /** After an attack: the other disk answers, and a new connection finds this one working. */
    private void assertUnharmed(String attack) throws IOException {
        assertTrue(daemon.isAlive(), attack + " killed the daemon:\n" + daemon.err());
        byte[] read = new byte[pattern.length];
        assertEquals(BlkQueue.OK, healthy.read(MIB, read), attack);
        assertArrayEquals(pattern, read, attack);
    }

    private void assertServesAgain(String attack) throws IOException {
        try (GuestDisk disk = GuestDisk.connect(DeviceOptions.of(attacked())
                .withTimeouts(10_000_000_000L, 10_000_000_000L))) {
            assertEquals(BlkQueue.OK, disk.write(0, new byte[4096]), attack);
            assertEquals(BlkQueue.OK, disk.flush(), attack);
        } catch (IOException e) {
            throw new AssertionError("after " + attack + ": " + e + "\n" + daemon.err(), e);
        }
    }

    private void attack(String name, Attack attack) throws Exception {
        try (Rings rings = new Rings(attacked())) {
            attack.on(rings);
            Thread.sleep(5);
            assertUnharmed(name);
        }
        assertServesAgain(name);
    }

    @Test
    void malformedChainsBreakOnlyTheirDevice() throws Exception {
        int next = GuestQueue.NEXT;
        int write = GuestQueue.WRITE;
        int indirect = GuestQueue.INDIRECT;
        attack("a descriptor that follows itself", r -> {
            r.descriptor(0, r.header(), 16, next, 0);
            r.available(1, 0);
        });
        attack("a loop of two", r -> {
            r.descriptor(0, r.header(), 16, next, 1);
            r.descriptor(1, r.data(), 512, next | write, 0);
            r.available(1, 0);
        });
        attack("a next beyond the table", r -> {
            r.descriptor(0, r.header(), 16, next, 1);
            r.descriptor(1, r.data(), 512, next | write, 60000);
            r.available(1, 0);
        });
        attack("a head beyond the table", r -> r.available(1, SIZE));
        attack("a head far beyond the table", r -> r.available(1, 65535));
        attack("an index that ran too far", r -> r.available(SIZE + 1, 0));
        attack("an index that ran backwards", r -> r.available(65535, 0));
        attack("an address outside", r -> chain(r, 0x10, 512));
        attack("an address that wraps", r -> chain(r, 0xffff_ffff_ffff_fe00L, 1024));
        attack("an address at the end", r -> chain(r,
                r.device.memory().guestAddress(r.memory.byteSize() - 16), 512));
        attack("a length of 4 GiB", r -> chain(r, r.data(), 0xffff_ffffL));
        attack("a length of nothing", r -> chain(r, r.data(), 0));
        attack("a length that is no sector", r -> chain(r, r.data(), 511));
        attack("a header outside", r -> {
            r.descriptor(0, 1, 16, next, 1);
            r.descriptor(1, r.status(), 1, write, 0);
            r.available(1, 0);
        });
        attack("a short header", r -> {
            r.descriptor(0, r.header(), 8, next, 1);
            r.descriptor(1, r.status(), 1, write, 0);
            r.available(1, 0);
        });
        attack("a header the device should write", r -> {
            r.descriptor(0, r.header(), 16, next | write, 1);
            r.descriptor(1, r.status(), 1, write, 0);
            r.available(1, 0);
        });
        attack("readable after writable", r -> {
            r.descriptor(0, r.header(), 16, next, 1);
            r.descriptor(1, r.data(), 512, next | write, 2);
            r.descriptor(2, r.data(), 512, next, 3);
            r.descriptor(3, r.status(), 1, write, 0);
            r.available(1, 0);
        });
        attack("no status", r -> {
            r.descriptor(0, r.header(), 16, 0, 0);
            r.available(1, 0);
        });
        attack("a status of nothing", r -> {
            r.descriptor(0, r.header(), 16, next, 1);
            r.descriptor(1, r.status(), 0, write, 0);
            r.available(1, 0);
        });
        attack("an empty indirect table", r -> table(r, 0, indirect));
        attack("an indirect table of half entries", r -> table(r, 24, indirect));
        attack("an indirect table that goes on", r -> table(r, 32, indirect | next));
        attack("an indirect table of 4 GiB", r -> table(r, 0xffff_fff0L, indirect));
        attack("an indirect table outside", r -> {
            r.descriptor(0, 0x10, 48, indirect, 0);
            r.available(1, 0);
        });
        attack("a table in a table", r -> {
            r.entry(r.slot + 8192, r.data(), 32, indirect, 0);
            table(r, 16, indirect);
        });
        attack("a loop in a table", r -> {
            r.entry(r.slot + 8192, r.header(), 16, next, 1);
            r.entry(r.slot + 8208, r.data(), 512, next | write, 0);
            table(r, 32, indirect);
        });
        attack("a table too short for its next", r -> {
            r.entry(r.slot + 8192, r.header(), 16, next, 7);
            table(r, 32, indirect);
        });
        attack("a request nobody knows", r -> {
            r.header(0xdead, 0);
            chain(r, r.data(), 512);
        });
        attack("sectors beyond all disks", r -> {
            r.header(BlkQueue.READ, -1);
            chain(r, r.data(), 512);
        });
    }

    private static void chain(Rings r, long address, long bytes) {
        r.descriptor(0, r.header(), 16, GuestQueue.NEXT, 1);
        r.descriptor(1, address, bytes, GuestQueue.NEXT | GuestQueue.WRITE, 2);
        r.descriptor(2, r.status(), 1, GuestQueue.WRITE, 0);
        r.available(1, 0);
    }

    private static void table(Rings r, long bytes, int flags) {
        r.descriptor(0, r.header() + 8192, bytes, flags, 1);
        r.descriptor(1, r.status(), 1, GuestQueue.WRITE, 0);
        r.available(1, 0);
    }

    @Test
    void randomRingsBreakOnlyTheirDevice() throws Exception {
        long seed = BackEndScenarios.seed();
        SplittableRandom random = new SplittableRandom(seed);
        int rounds = Integer.getInteger("backplane.fuzz.rounds", 150);
        int fds = fdCount();
        for (int round = 0; round < rounds; round++) {
            String name = "round " + round + " of seed " + seed;
            try (Rings rings = new Rings(attacked())) {
                for (int burst = 0; burst < 4; burst++) {
                    scramble(rings, random);
                    Thread.sleep(1);
                }
                assertUnharmed(name);
            }
            if (round % 10 == 9) {
                assertServesAgain(name);
            }
        }
        assertServesAgain("random rings");
        assertTrue(fdCount() <= fds + FD_SLACK, "descriptors: " + fds + " before, " + fdCount());
    }

    private static void scramble(Rings r, SplittableRandom random) {
        int[] types = {BlkQueue.READ, BlkQueue.WRITE, BlkQueue.FLUSH, BlkQueue.GET_ID,
            BlkQueue.DISCARD, BlkQueue.WRITE_ZEROES, random.nextInt()};
        for (int i = 0; i < 16; i++) {
            r.memory.set(ValueLayout.JAVA_INT, r.slot + SLOT * i,
                    types[random.nextInt(types.length)]);
            r.memory.set(ValueLayout.JAVA_LONG, r.slot + SLOT * i + 8,
                    random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(1 << 17));
        }
        for (int i = 0; i < SIZE; i++) {
            scrambleEntry(r, random, r.queue.descriptorsOffset() + 16L * i, SIZE);
            scrambleEntry(r, random, r.slot + 8192 + 16L * i, 8);
        }
        int[] heads = new int[SIZE];
        for (int i = 0; i < SIZE; i++) {
            heads[i] = random.nextInt(20) == 0 ? random.nextInt(65536) : random.nextInt(SIZE);
        }
        r.available(random.nextInt(5) == 0 ? random.nextInt(65536) : random.nextInt(SIZE), heads);
    }

    private static void scrambleEntry(Rings r, SplittableRandom random, long at, int nextBound) {
        long[] addresses = {r.header() + SLOT * random.nextInt(16), r.data(), r.status(),
            r.header() + 8192, r.data() + random.nextInt(60_000), random.nextLong(),
            r.device.memory().guestAddress(r.memory.byteSize() - 1), 0};
        long[] lengths = {1, 16, 16, 512, 512, 4096, 0, 48, 24, 0xffff_ffffL, 0x8000_0000L,
            random.nextInt(100_000)};
        int[] flags = {0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 6, 7, random.nextInt(65536)};
        r.entry(at, addresses[random.nextInt(addresses.length)],
                lengths[random.nextInt(lengths.length)], flags[random.nextInt(flags.length)],
                random.nextInt(30) == 0 ? random.nextInt(65536) : random.nextInt(nextBound));
    }

    @Test
    void garbageOnTheSocketEndsOnlyItsConnection() throws Exception {
        long seed = BackEndScenarios.seed();
        SplittableRandom random = new SplittableRandom(seed);
        int rounds = Integer.getInteger("backplane.fuzz.rounds", 150) * 2;
        int fds = fdCount();
        for (int round = 0; round < rounds; round++) {
            try (FrontEndConnection connection =
                    FrontEndConnection.connect(attacked(), 10_000_000_000L)) {
                int messages = 1 + random.nextInt(12);
                for (int i = 0; i < messages; i++) {
                    sendGarbage(connection, random);
                }
            } catch (IOException e) {
                // the daemon hung up, as it may
            }
            if (round % 10 == 9) {
                assertUnharmed("garbage round " + round + " of seed " + seed);
            }
        }
        assertServesAgain("garbage, seed " + seed);
        assertTrue(fdCount() <= fds + FD_SLACK, "descriptors: " + fds + " before, " + fdCount());
    }

    private static void sendGarbage(FrontEndConnection connection, SplittableRandom random)
            throws IOException {
        try (Arena arena = Arena.ofConfined();
                EventFd event = EventFd.create();
                MemFd memory = MemFd.create("garbage", 8192, random.nextBoolean())) {
            int size = random.nextInt(8) == 0 ? random.nextInt(300) : 8 * random.nextInt(40);
            MemorySegment message = arena.allocate(VhostRequest.HEADER_BYTES + (long) size, 8);
            message.set(ValueLayout.JAVA_INT, 0, random.nextInt(10) == 0 ? random.nextInt()
                    : random.nextInt(48));
            message.set(ValueLayout.JAVA_INT, 4, random.nextInt(8) == 0 ? random.nextInt()
                    : random.nextBoolean() ? 1 : 9);
            message.set(ValueLayout.JAVA_INT, 8, random.nextInt(12) == 0 ? random.nextInt() : size);
            for (int i = 0; i + 8 <= size; i += 8) {
                long[] values = {0, 1, 2, SIZE, random.nextLong(), 0x1_0000_0000L, 8192,
                    Long.MAX_VALUE, 0x7f00_0000_0000L};
                message.set(ValueLayout.JAVA_LONG_UNALIGNED, VhostRequest.HEADER_BYTES + i,
                        values[random.nextInt(values.length)]);
            }
            int[] fds = new int[random.nextInt(3) == 0 ? random.nextInt(12) : 0];
            for (int i = 0; i < fds.length; i++) {
                fds[i] = random.nextBoolean() ? event.fd() : memory.fd();
            }
            connection.sendRaw(message, fds);
        }
    }

    @Test
    void falseMessagesEndOnlyTheirConnection() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        Attack[] attacks = {
            r -> r.device.connection().setVring(VhostRequest.SET_VRING_NUM, 0, 3),
            r -> r.device.connection().setVring(VhostRequest.SET_VRING_NUM, 0, 65536),
            r -> r.device.connection().setVring(VhostRequest.SET_VRING_NUM, 77, 128),
            r -> r.device.connection().setVring(VhostRequest.SET_VRING_BASE, -1, 0),
            r -> r.device.connection().setVring(VhostRequest.SET_VRING_ENABLE, 99, 1),
            r -> r.device.connection().setU64(VhostRequest.SET_FEATURES, -1),
            r -> r.device.connection().setU64(VhostRequest.SET_PROTOCOL_FEATURES, -1),
            r -> r.device.connection().set(VhostRequest.SET_MEM_TABLE, 8),
            r -> r.device.connection().set(VhostRequest.SET_VRING_ADDR, 3),
            r -> {
                try (MemFd file = MemFd.create("no-eventfd", 4096, true)) {
                    r.device.connection().payload().set(ValueLayout.JAVA_LONG_UNALIGNED, 0, 0);
                    r.device.connection().set(VhostRequest.SET_VRING_KICK, 8, file.fd());
                }
            },
            r -> {
                MemorySegment p = r.device.connection().payload();
                p.set(ValueLayout.JAVA_INT_UNALIGNED, 0, 0);
                p.set(ValueLayout.JAVA_INT_UNALIGNED, 4, 0);
                for (int i = 8; i < 40; i += 8) {
                    p.set(ValueLayout.JAVA_LONG_UNALIGNED, i, 0x1234_5678_9000L);
                }
                r.device.connection().set(VhostRequest.SET_VRING_ADDR, 40);
                r.queue.kick();
            },
            r -> memoryTable(r, 16 << 20, true),
            r -> memoryTable(r, 4096, false),
        };
        for (int i = 0; i < attacks.length; i++) {
            Attack one = attacks[i];
            attack("false message " + i, r -> {
                try {
                    one.on(r);
                } catch (IOException e) {
                    assertFalse(e.getMessage().startsWith("no answer"), e.getMessage());
                    refused.incrementAndGet();
                }
            });
        }
        assertTrue(refused.get() >= attacks.length / 2, "refused: " + refused.get());
    }

    /** A region longer than its file, or in a file that can shrink. */
    private static void memoryTable(Rings r, long bytes, boolean sealed) throws IOException {
        try (MemFd file = MemFd.create("region", 4096, sealed)) {
            MemorySegment p = r.device.connection().payload();
            p.set(ValueLayout.JAVA_INT_UNALIGNED, 0, 1);
            p.set(ValueLayout.JAVA_INT_UNALIGNED, 4, 0);
            p.set(ValueLayout.JAVA_LONG_UNALIGNED, 8, 0x4000_0000L);
            p.set(ValueLayout.JAVA_LONG_UNALIGNED, 16, bytes);
            p.set(ValueLayout.JAVA_LONG_UNALIGNED, 24, 0x7f00_0000_0000L);
            p.set(ValueLayout.JAVA_LONG_UNALIGNED, 32, 0);
            r.device.connection().set(VhostRequest.SET_MEM_TABLE, 40, file.fd());
        }
    }

    private int fdCount() throws IOException {
        int count = 0;
        try (DirectoryStream<Path> fds =
                Files.newDirectoryStream(Path.of("/proc/" + daemon.pid() + "/fd"))) {
            for (Path fd : fds) {
                count += fd == null ? 0 : 1;
            }
        }
        return count;
    }
}
