package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What fails, what races, and images that lie. */
class FaultTest {
    private static final int MIB = 1 << 20;
    private static final int CLUSTER = 65536;

    private static List<String> check(Qcow2Node node) throws BlockException {
        List<String> found = new ArrayList<>();
        OnImage.awaitCheck(node, found, found);
        return found;
    }

    @Test
    void failedDataWriteGivesItsClustersBack() throws Exception {
        try (OnImage on = new OnImage(1)) {
            on.run(() -> {
                on.awaitCreate(OnImage.create(4 * MIB));
                Qcow2Node node = on.awaitOpen();
                OnImage.write(node, 0, OnImage.pattern(100, 1));
                on.file.fault = (verb, offset, bytes) -> verb.equals("write");
                assertThrows(BlockException.class,
                        () -> OnImage.write(node, MIB, OnImage.pattern(100, 1)));
                on.file.fault = (verb, offset, bytes) -> false;
                assertArrayEquals(new byte[100], OnImage.read(node, MIB, 100));
                node.flush();
                assertEquals(List.of(), check(node));
                // The clusters are no longer fresh: what the failed write left must not show.
                OnImage.write(node, MIB + 50, new byte[] {1});
                byte[] expected = new byte[100];
                expected[50] = 1;
                assertArrayEquals(expected, OnImage.read(node, MIB, 100));
                on.awaitClose(node);
            });
        }
    }

    @Test
    void failedFlushKeepsMetadataForTheNextOne() throws Exception {
        for (String failing : List.of("write", "flush")) {
            try (OnImage on = new OnImage(1)) {
                on.run(() -> {
                    on.awaitCreate(OnImage.create(4 * MIB));
                    Qcow2Node node = on.awaitOpen();
                    OnImage.write(node, 0, OnImage.pattern(MIB, 1));
                    on.file.fault = (verb, offset, bytes) -> verb.equals(failing);
                    assertThrows(BlockException.class, () -> {
                        node.pdiscard(0, CLUSTER);
                        node.flush();
                    });
                    on.file.fault = (verb, offset, bytes) -> false;
                    node.flush();
                    on.awaitClose(node);
                    Qcow2Node again = on.awaitOpen(true);
                    assertEquals(List.of(), check(again));
                    byte[] expected = OnImage.pattern(MIB, 1);
                    java.util.Arrays.fill(expected, 0, CLUSTER, (byte) 0);
                    assertArrayEquals(expected, OnImage.read(again, 0, MIB));
                    on.awaitClose(again);
                });
            }
        }
    }

    @Test
    void failedFlushOfAResizeLeavesWhatTheHeaderSays() throws Exception {
        for (int k = 0; k < 8; k++) {
            int[] left = {k};
            try (OnImage on = new OnImage(1)) {
                on.run(() -> {
                    on.awaitCreate(OnImage.create(4 * MIB));
                    Qcow2Node node = on.awaitOpen();
                    on.file.fault = (verb, offset, bytes) -> verb.equals("flush")
                            && left[0]-- == 0;
                    try {
                        node.truncate(2048L * MIB, true, Preallocation.OFF, 0);
                    } catch (BlockException e) {
                        assertTrue(left[0] < 0);
                    }
                    on.file.fault = (verb, offset, bytes) -> false;
                    assertEquals(on.file.getLong(24), node.length());
                    OnImage.write(node, MIB, OnImage.pattern(100, 1));
                    node.flush();
                    on.awaitClose(node);
                    Qcow2Node again = on.awaitOpen(true);
                    assertArrayEquals(OnImage.pattern(100, 1), OnImage.read(again, MIB, 100));
                    on.awaitClose(again);
                });
            }
        }
    }

    @Test
    void discardedClusterIsNotReusedWhileAnOldWriteIsOnItsWay() throws Exception {
        for (int seed = 0; seed < 200; seed++) {
            try (OnImage on = new OnImage(seed)) {
                Qcow2Node[] node = new Qcow2Node[1];
                on.run(() -> {
                    on.awaitCreate(OnImage.create(4 * MIB));
                    node[0] = on.awaitOpen();
                    OnImage.write(node[0], 0, OnImage.pattern(CLUSTER, 1));
                    node[0].flush();
                });
                byte[] other = OnImage.pattern(CLUSTER, 2);
                on.runAll(List.of(
                        () -> OnImage.write(node[0], 0, OnImage.pattern(CLUSTER, 3)),
                        () -> {
                            node[0].pdiscard(0, CLUSTER);
                            node[0].flush();
                            OnImage.write(node[0], MIB, other);
                        }));
                on.run(() -> {
                    assertArrayEquals(other, OnImage.read(node[0], MIB, CLUSTER));
                    node[0].flush();
                    assertEquals(List.of(), check(node[0]));
                    on.awaitClose(node[0]);
                });
            }
        }
    }

    @Test
    void overwriteOfStoredClustersDoesOneChildWriteAndNoMetadata() throws Exception {
        try (OnImage on = new OnImage(1)) {
            on.run(() -> {
                on.awaitCreate(OnImage.create(4 * MIB, CLUSTER, Qcow2Version.V3, 16, false,
                        Preallocation.METADATA, false));
                Qcow2Node node = on.awaitOpen();
                OnImage.write(node, 0, new byte[512]);
                int writes = on.file.writeCount;
                int reads = on.file.readCount;
                OnImage.write(node, 100_000, OnImage.pattern(MIB, 1));
                assertEquals(writes + 1, on.file.writeCount);
                assertArrayEquals(OnImage.pattern(MIB, 1), OnImage.read(node, 100_000, MIB));
                assertEquals(reads + 1, on.file.readCount);
                int flushes = on.file.flushCount;
                node.flush();
                assertEquals(flushes + 1, on.file.flushCount);
                on.awaitClose(node);
            });
        }
    }

    @Test
    void newClusterOfAGrownFileNeedsNoZeroesAndNoFlush() throws Exception {
        try (OnImage on = new OnImage(1)) {
            on.run(() -> {
                on.awaitCreate(OnImage.create(64L * MIB));
                Qcow2Node node = on.awaitOpen();
                OnImage.write(node, 40L * MIB, new byte[2 * MIB]);
                int writes = on.file.writeCount;
                int flushes = on.file.flushCount;
                for (int i = 1; i < 100; i++) {
                    OnImage.write(node, i * 300_000L, OnImage.pattern(4096, i));
                }
                int batches = on.file.writeCount - (writes + 2 * 99);
                assertTrue(batches >= 0 && batches <= 8, "batches: " + batches);
                assertTrue(on.file.flushCount <= flushes + batches);
                on.awaitClose(node);
            });
        }
    }

    @Test
    void overlapWithMetadataMarksTheImageCorrupt() throws Exception {
        try (OnImage on = new OnImage(1)) {
            on.run(() -> {
                on.awaitCreate(OnImage.create(4 * MIB));
                Qcow2Node node = on.awaitOpen();
                OnImage.write(node, 0, new byte[512]);
                on.awaitClose(node);
                long l1 = on.file.getLong(40);
                long l2 = on.file.getLong(l1) & L1Entry.OFFSET_MASK;
                on.file.putLong(l2, L2Entry.COPIED | l1);
                Qcow2Node bad = on.awaitOpen();
                BlockException e = assertThrows(BlockException.class,
                        () -> OnImage.write(bad, 0, new byte[512]));
                assertEquals("Preventing invalid write on metadata (overlaps with active L1"
                        + " table)", e.getMessage());
                assertEquals(List.of(e.getMessage()), on.corruptions);
                assertEquals(2, on.file.getLong(72) & 2);
                assertThrows(BlockException.class, () -> OnImage.read(bad, 0, 512));
                bad.close();
                assertThrows(BlockException.class, () -> on.awaitOpen());
                Qcow2Node reader = on.awaitOpen(true);
                assertNotEquals(List.of(), check(reader));
                reader.close();
            });
        }
    }

    @Test
    void damagedMetadataEndsInAnErrorNeverInAnythingElse() throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime() & 0xffff);
        Random random = new Random(seed);
        MemoryDisk[] good = new MemoryDisk[1];
        for (int round = 0; round < 150; round++) {
            try (OnImage on = new OnImage(seed + round)) {
                on.file.slow = false;
                boolean extended = round % 3 == 0;
                if (round < 2) {
                    good[0] = null;
                }
                on.run(() -> {
                    on.awaitCreate(OnImage.create(2 * MIB, 16384, Qcow2Version.V3, 16, extended,
                            Preallocation.OFF, false));
                    Qcow2Node node = on.awaitOpen();
                    OnImage.write(node, 0, OnImage.pattern(200_000, 1));
                    on.awaitClose(node);
                });
                for (int i = 0; i < 1 + random.nextInt(4); i++) {
                    damage(on.file, random);
                }
                on.run(() -> {
                    try {
                        use(on, random);
                    } catch (BlockException e) {
                        assertTrue(e.getMessage() != null);
                    } catch (Throwable e) {
                        throw new AssertionError("-Dbackplane.seed=" + seed + ": " + e, e);
                    }
                });
            }
        }
    }

    private static void damage(MemoryDisk file, Random random) {
        long l1 = inside(file.getLong(40));
        long l2 = inside(file.getLong(l1) & L1Entry.OFFSET_MASK);
        long table = inside(file.getLong(48));
        long block = inside(file.getLong(table));
        long[] places = {random.nextInt(14) * 8, l1, l2 + random.nextInt(16) * 8L, table,
            block + random.nextInt(8) * 8L, 112 + random.nextInt(20) * 8L};
        long at = places[random.nextInt(places.length)];
        long[] values = {0, -1, 1, 1L << 62, 1L << 63, 0x10000, 0x200, Long.MAX_VALUE,
            random.nextLong(), file.getLong(at) ^ 1L << random.nextInt(64)};
        file.putLong(at, values[random.nextInt(values.length)]);
    }

    /** The header instead of what earlier damage has led out of the image. */
    private static long inside(long offset) {
        return offset < 0 || offset > 1 << 22 ? 0 : offset;
    }

    private static void use(OnImage on, Random random) throws BlockException {
        Qcow2Node node = on.awaitOpen(random.nextInt(4) == 0);
        try {
            int bytes = (int) Math.min(node.length(), 2 * MIB);
            check(node);
            OnImage.read(node, 0, bytes);
            OnImage.write(node, 0, OnImage.pattern(bytes / 2, 1));
            node.pwriteZeroes(0, 16384, RequestFlags.MAY_UNMAP);
            node.pdiscard(16384, 65536);
            node.flush();
            on.awaitClose(node);
        } finally {
            node.close();
        }
    }

    @Test
    void cacheOptionsAreRefusedInTheWordsOfQemu() throws Exception {
        try (OnImage on = new OnImage(1)) {
            on.run(() -> {
                on.awaitCreate(OnImage.create(4 * MIB));
                assertEquals("L2 cache entry size must be a power of two between 512 and the"
                        + " cluster size (65536)", assertThrows(BlockException.class,
                                () -> on.awaitOpen(true, OnImage.caches(null, 1000L, null)))
                                .getMessage());
                Qcow2Options all = new Qcow2Options(OnImage.REF, null, null, null, null, null,
                        null, 100L, 100L, null, 100L, null, null, null);
                assertEquals("cache-size, l2-cache-size and refcount-cache-size may not be set at"
                        + " the same time", assertThrows(BlockException.class,
                                () -> on.awaitOpen(true, all)).getMessage());
            });
        }
    }
}
