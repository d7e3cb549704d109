package io.backplane.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.hostio.Errno;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SimDiskTest {
    private static final int SECTOR = 512;

    private interface Body {
        void run(SimWorld world, HostFile file) throws Exception;
    }

    private static SimWorld run(long seed, Body body) {
        SimWorld world = new SimWorld(new RandomChoices(seed));
        world.disk().file("f", 8 * SECTOR);
        world.run(() -> {
            try (HostFile file = new SimHostFileEngine(world.disk(), "threads")
                    .awaitOpen("f", OpenFlags.READ_WRITE)) {
                body.run(world, file);
            }
        });
        return world;
    }

    private static IoVector filled(int bytes, int value) {
        byte[] data = new byte[bytes];
        java.util.Arrays.fill(data, (byte) value);
        return IoVector.of(MemorySegment.ofArray(data));
    }

    private static long write(HostFile file, long offset, int bytes, int value)
            throws HostIoException {
        return file.pwritev(filled(bytes, value), 0, bytes, offset, false);
    }

    @Test
    void readsSeeWhatWasWritten() {
        run(1, (world, file) -> {
            assertEquals(700, write(file, 100, 700, 7));
            byte[] back = new byte[900];
            assertEquals(900, file.preadv(IoVector.of(MemorySegment.ofArray(back)), 0, 900, 0));
            assertEquals(0, back[99]);
            assertEquals(7, back[100]);
            assertEquals(7, back[799]);
            assertEquals(0, back[800]);
            assertEquals(0, file.preadv(filled(10, 0), 0, 10, 8 * SECTOR));
        });
    }

    @Test
    void requestsInFlightCompleteInAnyOrder() {
        Set<List<Integer>> orders = new HashSet<>();
        for (int seed = 0; seed < 100; seed++) {
            List<Integer> order = new ArrayList<>();
            SimWorld world = new SimWorld(new RandomChoices(seed));
            world.disk().file("f", SECTOR);
            world.run(() -> {
                HostFile file = new SimHostFileEngine(world.disk(), "threads")
                        .awaitOpen("f", OpenFlags.READ_WRITE);
                for (int i = 0; i < 3; i++) {
                    int me = i;
                    world.go(world.main(), "w" + i, () -> {
                        write(file, 0, SECTOR, me);
                        order.add(me);
                    });
                }
            });
            orders.add(order);
        }
        assertEquals(6, orders.size());
    }

    @Test
    void faultsComeWithTheirErrnoAndOnlyWhenAskedFor() {
        run(1, (world, file) -> {
            world.disk().faults().eioPercent = 100;
            assertEquals(Errno.EIO, assertThrows(HostIoException.class,
                    () -> write(file, 0, SECTOR, 1)).errno());
            world.disk().faults().eioPercent = 0;
            world.disk().faults().nospcPercent = 100;
            assertEquals(Errno.ENOSPC, assertThrows(HostIoException.class,
                    () -> write(file, 0, SECTOR, 1)).errno());
            world.disk().faults().nospcPercent = 0;
            world.disk().faults().shortPercent = 100;
            assertEquals(SECTOR / 2, write(file, 0, SECTOR, 1));
            world.disk().faults().shortPercent = 0;
            world.disk().faults().slowPercent = 100;
            assertEquals(0, world.nowNs());
            assertEquals(SECTOR, write(file, 0, SECTOR, 1));
            assertEquals(1_000_000, world.nowNs());
        });
    }

    @Test
    void badSectorFailsReadsUntilItIsWritten() {
        run(1, (world, file) -> {
            world.disk().find("f").failReads(SECTOR, SECTOR);
            assertThrows(HostIoException.class,
                    () -> file.preadv(filled(SECTOR, 0), 0, SECTOR, SECTOR));
            write(file, SECTOR, SECTOR, 3);
            assertEquals(SECTOR, file.preadv(filled(SECTOR, 0), 0, SECTOR, SECTOR));
        });
    }

    @Test
    void misdirectedWriteShowsInTheContentsButNotInThePristineBytes() {
        SimWorld world = run(1, (w, file) -> {
            w.disk().faults().misdirectedPercent = 100;
            write(file, SECTOR, SECTOR, 5);
        });
        SimFileData data = world.disk().find("f");
        assertEquals(5, data.pristine()[SECTOR]);
        assertEquals(0, data.contents()[SECTOR]);
        assertEquals(5, data.contents()[0]);
    }

    @Test
    void crashKeepsWhatWasFlushedAndTearsTheRestAtSectors() {
        Set<String> left = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            SimWorld world = run(seed, (w, file) -> {
                write(file, 0, SECTOR, 1);
                file.flush();
                write(file, SECTOR, 2 * SECTOR, 2);
                w.disk().crash();
            });
            byte[] now = world.disk().find("f").contents();
            assertEquals(1, now[0]);
            assertEquals(1, now[SECTOR - 1]);
            assertEquals(now[SECTOR], now[2 * SECTOR - 1]);
            left.add(now[SECTOR] + " " + now[2 * SECTOR]);
        }
        assertEquals(Set.of("0 0", "0 2", "2 0", "2 2"), left);
    }

    @Test
    void overlappingUnflushedWritesReachTheDiskInAnyOrder() {
        Set<Byte> left = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            left.add(run(seed, (w, file) -> {
                write(file, 0, SECTOR, 1);
                write(file, 0, SECTOR, 2);
                w.disk().crash();
            }).disk().find("f").contents()[0]);
        }
        assertEquals(Set.of((byte) 0, (byte) 1, (byte) 2), left);
    }

    /** First bytes of the first sectors, in 200 runs, after a crash. */
    private static Set<String> leftOf(int sectors, Body body) {
        Set<String> left = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            SimWorld world = run(seed, (w, file) -> {
                body.run(w, file);
                w.disk().crash();
            });
            byte[] now = world.disk().find("f").contents();
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < sectors; i++) {
                text.append(i * SECTOR < now.length ? String.valueOf(now[i * SECTOR]) : "-");
            }
            left.add(text.toString());
        }
        return left;
    }

    @Test
    void flushCoversOnlyWhatWasDoneWhenItWasAskedFor() {
        assertEquals(Set.of("10", "12"), leftOf(2, (w, file) -> {
            write(file, 0, SECTOR, 1);
            SimTask flush = w.go(w.main(), "flush", file::flush);
            while (w.disk().requestCount() < 2) {
                io.backplane.aio.Coroutine.awaitYield();
            }
            write(file, SECTOR, SECTOR, 2);
            flush.await();
        }));
    }

    @Test
    void forcedWriteMakesItselfStableAndNothingElse() {
        assertEquals(Set.of("03", "13"), leftOf(2, (w, file) -> {
            write(file, 0, 2 * SECTOR, 1);
            file.pwritev(filled(SECTOR, 3), 0, SECTOR, SECTOR, true);
        }));
    }

    @Test
    void lengthIsLostLikeDataUnlessItWasFlushed() {
        assertEquals(Set.of("00000000--", "000000000-", "000000001-"), leftOf(10, (w, file) ->
                write(file, 8 * SECTOR, SECTOR, 1)));
        assertEquals(Set.of("00000000", "0000----", "00000---", "00001---", "00001000"),
                leftOf(8, (w, file) -> {
                    file.truncate(4 * SECTOR);
                    write(file, 4 * SECTOR, SECTOR, 1);
                }));
        assertEquals(Set.of("000000001-"), leftOf(10, (w, file) ->
                file.pwritev(filled(SECTOR, 1), 0, SECTOR, 8 * SECTOR, true)));
    }

    @Test
    void whatWasCutOffDoesNotComeBackWithALongerFile() {
        assertEquals(Set.of("00000000", "00000001", "0000----"), leftOf(8, (w, file) -> {
            write(file, 7 * SECTOR, SECTOR, 1);
            file.truncate(4 * SECTOR);
            file.truncate(8 * SECTOR);
        }));
    }

    @Test
    void locksConflictBetweenOpenFilesOnly() {
        run(1, (world, file) -> {
            HostFile other = new SimHostFileEngine(world.disk(), "threads")
                    .awaitOpen("f", OpenFlags.READ_WRITE);
            assertTrue(file.tryLock(0, 1, true));
            assertTrue(file.tryLock(0, 1, true));
            assertFalse(other.tryLock(0, 1, false));
            assertTrue(other.tryLock(1, 1, true));
            file.unlock(0, 1);
            assertTrue(other.tryLock(0, 1, false));
            other.close();
            assertTrue(file.tryLock(0, 2, true));
        });
    }

    @Test
    void lengthFollowsWritesAndTruncation() {
        SimWorld world = run(1, (w, file) -> {
            write(file, 9 * SECTOR, 10, 1);
            assertEquals(9 * SECTOR + 10, file.length());
            file.truncate(3);
            assertEquals(3, file.length());
        });
        assertArrayEquals(new byte[3], world.disk().find("f").pristine());
    }
}
