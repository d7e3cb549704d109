package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backplane.block.Preallocation;
import io.backplane.sim.LoopsInTurn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Concurrent random requests against a model; power cuts and kills in the middle of them. */
class RandomRequestsTest {
    private static final int SECTORS = 4096;
    private static final long SEED = Long.getLong("backplane.seed", System.nanoTime() & 0xffff);

    @TempDir
    Path folder;

    private static long below(int sector) {
        return -1 - sector;
    }

    private static MemoryDisk backing(LoopsInTurn loops, int sectors) {
        MemoryDisk disk = new MemoryDisk("backing", loops);
        disk.setLength(sectors * 512L);
        for (int i = 0; i < sectors; i++) {
            byte[] data = new byte[512];
            for (int at = 0; at < 512; at += 8) {
                java.lang.foreign.MemorySegment.ofArray(data).set(
                        java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, at, below(i));
            }
            disk.put(i * 512L, data, 0, 512);
        }
        return disk;
    }

    private void assertNoErrors(Qcow2Node node, boolean leaksToo) throws Exception {
        List<String> errors = new ArrayList<>();
        List<String> leaks = new ArrayList<>();
        OnImage.awaitCheck(node, errors, leaks);
        assertEquals(List.of(), errors);
        if (leaksToo) {
            assertEquals(List.of(), leaks);
        }
    }

    private static Qcow2Options options(boolean small) {
        return small ? OnImage.caches(1024L, 512L, 512L) : Qcow2Options.of(OnImage.REF);
    }

    @ParameterizedTest
    @CsvSource({
        "512,V3,16,false,false,false,true", "512,V3,64,false,true,false,false",
        "512,V2,16,false,true,false,true", "4096,V2,16,false,false,false,false",
        "4096,V3,1,false,true,false,true", "65536,V3,16,false,false,false,false",
        "65536,V3,16,false,true,true,true", "16384,V3,16,true,true,false,false",
        "16384,V3,16,true,false,false,true", "32768,V3,8,true,true,true,false",
        "512,V3,16,false,false,true,true"})
    void randomRequestsAgreeWithAModelAndSurviveCuts(int cluster, Qcow2Version version, int bits,
            boolean extended, boolean above, boolean lazy, boolean small) throws Exception {
        for (long seed = SEED; seed < SEED + 3; seed++) {
            try {
                run(seed, OnImage.create(SECTORS * 512L, cluster, version, bits, extended,
                        Preallocation.OFF, lazy), extended ? cluster / 32 : cluster, cluster,
                        above, small);
            } catch (Throwable e) {
                throw new AssertionError("-Dbackplane.seed=" + seed + ": " + e, e);
            }
        }
    }

    private void run(long seed, Qcow2CreateOptions create, int unit, int cluster, boolean above,
            boolean small) throws Exception {
        Random random = new Random(seed);
        try (OnImage on = new OnImage(seed)) {
            on.run(() -> on.awaitCreate(create));
            int belowSectors = above ? SECTORS - 100 : 0;
            if (above) {
                on.backing = backing(on.loops, belowSectors);
            }
            on.unmap = random.nextBoolean();
            MemoryDisk start = on.file.copy(on.loops);
            on.file.logging = true;
            Workload work = new Workload(on, random, SECTORS,
                    i -> i < belowSectors ? below(i) : 0, unit, cluster);
            Qcow2Node[] node = new Qcow2Node[1];
            on.run(() -> node[0] = on.awaitOpen(false, options(small)));
            long begin = on.loops.hostEvents();
            for (int i = 0; i < 25; i++) {
                work.round(node[0], 12);
            }
            on.run(() -> work.verify(node[0], 0, SECTORS));
            on.run(() -> {
                work.flush(node[0]);
                on.awaitClose(node[0]);
            });
            long end = on.loops.hostEvents();
            on.run(() -> {
                Qcow2Node again = on.awaitOpen(true);
                assertNoErrors(again, true);
                work.verify(again, 0, SECTORS);
                on.awaitClose(again);
            });
            for (int i = 0; i < 25; i++) {
                cut(on, start, work, begin + random.nextLong(end - begin + 1), random, false);
                cut(on, start, work, begin + random.nextLong(end - begin + 1), random, true);
            }
        }
    }

    private void cut(OnImage on, MemoryDisk start, Workload work, long time, Random random,
            boolean kill) throws Exception {
        try (OnImage after = new OnImage(random.nextLong())) {
            after.file = kill ? on.file.afterKill(start, after.loops, time, random)
                    : on.file.afterCut(start, after.loops, time, random);
            after.file.slow = false;
            after.backing = on.backing == null ? null : on.backing.copy(after.loops);
            if (after.backing != null) {
                after.backing.slow = false;
            }
            after.run(() -> {
                try {
                    Qcow2Node node = after.awaitOpen();
                    assertNoErrors(node, false);
                    if (kill) {
                        work.verifyAfterKill(node, time);
                    } else {
                        work.verifyAfterCut(node, time);
                    }
                    OnImage.write(node, 0, OnImage.pattern(SECTORS * 512, 1));
                    after.awaitClose(node);
                    node = after.awaitOpen(true);
                    assertNoErrors(node, false);
                    after.awaitClose(node);
                } catch (Throwable e) {
                    throw new AssertionError((kill ? "kill at " : "cut at ") + time + ": " + e, e);
                }
            });
        }
    }
}
