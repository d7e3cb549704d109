package io.backplane.driver.blklogwrites;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.DriverNode;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import io.backplane.sim.LoopsInTurn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

@Rule("B1")
class BlkLogWritesTest {
    private static final int DISK_BYTES = 64 << 10;

    /** What a test does inside a coroutine. */
    private interface Body {
        void run() throws BlockException;
    }

    private final long seed = System.nanoTime();
    private final LoopsInTurn loops = new LoopsInTurn(seed, 3);
    private final SimulatedDisk file = new SimulatedDisk("file", DISK_BYTES, loops::awaitHost);
    private final SimulatedDisk log = new SimulatedDisk("log", 0, loops::awaitHost);

    private BlockException run(int loop, Body body) {
        AtomicReference<BlockException> failure = new AtomicReference<>();
        loops.loop(loop).spawn(() -> {
            try {
                body.run();
            } catch (BlockException e) {
                failure.set(e);
            }
        });
        loops.run();
        return failure.get();
    }

    private DriverNode open(Integer sectorBytes, Boolean append, Long interval) {
        AtomicReference<DriverNode> node = new AtomicReference<>();
        BlockException failure = run(0, () -> node.set(
                OpenedLog.open(file, log, sectorBytes, append, interval)));
        if (failure != null) {
            throw new IllegalStateException(failure.getMessage(), failure);
        }
        return node.get();
    }

    private static IoVector filled(int bytes, int value) {
        MemorySegment segment = Arena.ofAuto().allocate(bytes);
        segment.fill((byte) value);
        return IoVector.of(segment);
    }

    private static void write(DriverNode node, long offset, int bytes, int value, int flags)
            throws BlockException {
        node.pwritev(offset, bytes, filled(bytes, value), 0, flags);
    }

    @Test
    void everyKindOfEntryIsInTheLogAfterAFlush() {
        DriverNode node = open(null, null, null);

        run(0, () -> {
            write(node, 1024, 512, 1, 0);
            write(node, 4096, 1024, 2, RequestFlags.FUA);
            node.pwriteZeroes(4096, 512, RequestFlags.MAY_UNMAP);
            node.pdiscard(0, 2048);
            node.flush();
        });

        LogReplay replay = new LogReplay(log.contents());
        assertEquals(512, replay.sectorBytes);
        assertEquals("1024+512:0 4096+1024:2 4096+512:0 0+2048:4 0+0:1", describe(replay));
        assertArrayEquals(file.contents(), replay.disk(DISK_BYTES, 5));
    }

    private static String describe(LogReplay replay) {
        StringBuilder out = new StringBuilder();
        for (LogReplay.Entry entry : replay.entries) {
            out.append(out.isEmpty() ? "" : " ").append(entry.offset()).append('+')
                    .append(entry.bytes()).append(':').append(entry.flags());
        }
        return out.toString();
    }

    @Test
    void superblockHasTheBytesTheFormatSays() {
        MemorySegment sector = MemorySegment.ofArray(new byte[512]);

        new LogSuperblock(0x0102, 4096).encode(sector);

        byte[] head = Arrays.copyOf(sector.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE), 32);
        assertEquals("7268737766736a00", hex(head, 0, 8));
        assertEquals("0100000000000000" + "0201000000000000" + "00100000" + "00000000",
                hex(head, 8, 24));
    }

    private static String hex(byte[] bytes, int from, int count) {
        return java.util.HexFormat.of().formatHex(bytes, from, from + count);
    }

    @Test
    void failedGuestWriteIsNotLogged() {
        DriverNode node = open(null, null, null);
        file.failsWrite = offset -> offset == 512;

        BlockException failure = run(0, () -> write(node, 512, 1024, 1, 0));
        run(0, () -> {
            write(node, 8192, 512, 2, 0);
            node.flush();
        });

        assertNotNull(failure);
        assertEquals("8192+512:0 0+0:1", describe(new LogReplay(log.contents())));
    }

    @Test
    void failedFlushIsAMarkAndNotAFlush() {
        DriverNode node = open(null, null, null);
        run(0, () -> write(node, 0, 512, 1, 0));
        file.failsFlush = true;

        BlockException failure = run(0, node::flush);
        file.failsFlush = false;
        run(0, node::flush);

        assertNotNull(failure);
        assertEquals("0+512:0 0+0:8 0+0:1", describe(new LogReplay(log.contents())));
    }

    @Test
    void logThatFailsOnceTakesNoMoreChanges() {
        DriverNode node = open(null, null, null);
        run(0, () -> {
            write(node, 0, 512, 1, 0);
            node.flush();
        });
        log.failsWrite = offset -> offset > 0;
        BlockException first = run(0, () -> write(node, 512, 512, 2, 0));
        log.failsWrite = offset -> false;
        byte[] before = file.contents();

        BlockException second = run(0, () -> write(node, 1024, 512, 3, 0));

        assertTrue(first.getMessage().contains("planted write error"));
        assertTrue(second.getMessage().contains("broken"));
        assertArrayEquals(before, file.contents());
        assertEquals("0+512:0 0+0:1", describe(new LogReplay(log.contents())));
    }

    @Test
    void flushStandsInFrontOfWritesThatEndDuringIt() {
        DriverNode node = open(null, null, null);
        run(0, () -> write(node, 0, 512, 1, 0));
        AtomicInteger flushed = new AtomicInteger();
        loops.loop(0).spawn(() -> {
            try {
                node.flush();
                flushed.incrementAndGet();
            } catch (BlockException e) {
                throw new IllegalStateException(e);
            }
        });

        run(1, () -> write(node, 512, 512, 2, 0));
        run(0, node::awaitShutdown);

        assertEquals(1, flushed.get());
        LogReplay replay = new LogReplay(log.contents());
        assertEquals(3, replay.entries.size());
        assertTrue(replay.entries.get(1).has(1) || replay.entries.get(2).has(1));
    }

    @Test
    void appendContinuesBehindTheLastEntry() {
        DriverNode first = open(4096, null, null);
        run(0, () -> {
            write(first, 4096, 4096, 1, 0);
            first.pdiscard(8192, 4096);
            first.awaitShutdown();
        });

        DriverNode second = open(null, true, null);
        run(0, () -> {
            write(second, 0, 8192, 2, 0);
            second.awaitShutdown();
        });

        LogReplay replay = new LogReplay(log.contents());
        assertEquals(4096, replay.sectorBytes);
        assertEquals("4096+4096:0 8192+4096:4 0+8192:0", describe(replay));
        assertArrayEquals(file.contents(), replay.disk(DISK_BYTES, 3));
    }

    @Test
    void appendRefusesWhatIsNoLog() {
        assertEquals("Log of 0 bytes is too short to append to", refusal(null, true, null));
        log.truncate(1 << 20, true, null, 0);
        assertEquals("Invalid log superblock magic", refusal(null, true, null));
        assertEquals("log-append and log-sector-size are mutually exclusive",
                refusal(512, true, null));
    }

    @Test
    void appendRefusesALogThatEndsInsideAnEntry() {
        DriverNode node = open(null, null, null);
        run(0, () -> {
            write(node, 0, 16384, 1, 0);
            node.awaitShutdown();
        });
        log.truncate(8192, true, null, 0);

        assertEquals("Log ends inside entry 0 of 1", refusal(null, true, null));
    }

    @Test
    void badOptionsAreRefusedWithTheirValue() {
        assertTrue(refusal(1000, null, null).startsWith("Invalid log sector size 1000"));
        assertTrue(refusal(256, null, null).startsWith("Invalid log sector size 256"));
        assertTrue(refusal(16 << 20, null, null).startsWith("Invalid log sector size 16777216"));
        assertEquals("Invalid log superblock update interval 0", refusal(null, null, 0L));
    }

    private String refusal(Integer sectorBytes, Boolean append, Long interval) {
        BlockException failure = run(0, () -> OpenedLog.open(file, log, sectorBytes, append,
                interval));
        assertNotNull(failure, "not refused");
        return failure.getMessage();
    }

    @Test
    void superblockIsUpdatedEveryInterval() {
        DriverNode node = open(null, null, 3L);

        run(0, () -> {
            for (int i = 0; i < 8; i++) {
                write(node, i * 512L, 512, i, 0);
            }
        });

        assertEquals(6, new LogReplay(log.contents()).entries.size());
    }

    @Test
    @Rule("R-LOGWRITES-ZERO")
    void zeroesAndAnotherWriterNeverOverlapAndReplayInTheirOrder() {
        DriverNode node = open(null, null, null);
        Random random = new Random(seed);

        for (int round = 0; round < 200; round++) {
            for (int i = 0; i < 6; i++) {
                spawnRandomChange(node, random, i % 3);
            }
            loops.run();
            run(0, node::flush);
            LogReplay replay = new LogReplay(log.contents());
            assertArrayEquals(file.contents(), replay.disk(DISK_BYTES, replay.entries.size()),
                    "seed " + seed + " round " + round);
        }

        assertEquals(0, file.overlaps, "overlapping requests in flight, seed " + seed);
    }

    private void spawnRandomChange(DriverNode node, Random random, int loop) {
        long offset = random.nextInt(24) * 512L;
        int bytes = (1 + random.nextInt(8)) * 512;
        int value = random.nextInt();
        int kind = random.nextInt(6);
        loops.loop(loop).spawn(() -> {
            try {
                switch (kind) {
                    case 0, 1 -> node.pwriteZeroes(offset, bytes, kind);
                    case 2 -> node.pdiscard(offset, bytes);
                    case 3 -> node.flush();
                    default -> write(node, offset, bytes, value, kind == 4 ? 0 : 1);
                }
            } catch (BlockException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    @Rule("R-LOGWRITES-POWERLOSS")
    void logCutAtAnyWriteCountsOnlyWholeEntries() {
        log.truncate(1 << 20, true, null, 0);
        DriverNode node = open(null, null, 4L);
        Random random = new Random(seed);
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 6; i++) {
                spawnRandomChange(node, random, i % 3);
            }
            loops.run();
        }
        run(0, node::awaitShutdown);
        LogReplay truth = new LogReplay(log.contents());

        int counted = 0;
        for (int cut = 0; cut <= log.events.size(); cut++) {
            for (int draw = 0; draw < 3; draw++) {
                byte[] medium = log.afterPowerCut(cut, random);
                if (Arrays.equals(medium, 0, 512, new byte[512], 0, 512)) {
                    continue;
                }
                LogReplay replay = new LogReplay(medium);
                assertSamePrefix(truth, replay, "seed " + seed + " cut " + cut);
                counted = Math.max(counted, replay.entries.size());
            }
        }

        assertEquals(truth.entries.size(), counted);
        assertFalse(truth.entries.isEmpty());
    }

    private static void assertSamePrefix(LogReplay truth, LogReplay cut, String where) {
        for (int i = 0; i < cut.entries.size(); i++) {
            LogReplay.Entry expected = truth.entries.get(i);
            LogReplay.Entry actual = cut.entries.get(i);
            assertEquals(expected.offset(), actual.offset(), where);
            assertEquals(expected.flags(), actual.flags(), where);
            assertArrayEquals(expected.data(), actual.data(), where + " entry " + i);
        }
    }

    @Test
    @Rule("R-LOGWRITES-POWERLOSS")
    void logThatStartsAnewNeverCountsEntriesOfTheOldOne() {
        DriverNode old = open(null, null, null);
        run(0, () -> {
            for (int i = 0; i < 10; i++) {
                write(old, i * 512L, 512, 7, 0);
            }
            old.awaitShutdown();
        });
        byte[] before = log.contents();
        log.events.clear();
        log.events.add(new SimulatedDisk.Event(0, before));
        log.events.add(new SimulatedDisk.Event(0, null));
        DriverNode anew = open(null, null, null);
        run(0, () -> {
            write(anew, 0, 2048, 9, 0);
            write(anew, 4096, 2048, 9, RequestFlags.FUA);
        });

        for (int cut = 2; cut <= log.events.size(); cut++) {
            LogReplay replay = new LogReplay(log.afterPowerCut(cut, new Random(cut)));
            int count = replay.entries.size();
            boolean isOld = count == 10 && replay.entries.get(0).bytes() == 512;
            assertTrue(isOld || count == 0 || count == 2, "cut " + cut + ": " + count);
        }
    }

    @Test
    void entriesAreDecodedWithBounds() {
        MemorySegment head = MemorySegment.ofArray(new byte[512]);
        java.lang.foreign.ValueLayout.OfLong u64 =
                java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
        for (int field = 0; field < 32; field += 8) {
            head.fill((byte) 0);
            head.set(u64, field, -1L);
            assertThrows(BlockException.class, () -> LogEntry.decode(head, 512));
        }
        head.fill((byte) 0);
        head.set(u64, 8, Long.MAX_VALUE / 512 + 1);
        assertThrows(BlockException.class, () -> LogEntry.decode(head, 512));
    }
}
