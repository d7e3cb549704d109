package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.CoMutex;
import io.backplane.aio.InFlight;
import io.backplane.aio.IoThread;
import io.backplane.aio.PollingOptions;
import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.Errno;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same semantics from every engine, on every mechanism it may meet. */
class HostFileTest {
    private static final OpenFlags NEW = new OpenFlags(true, false, true, true);

    @TempDir
    Path dir;

    private final Arena arena = Arena.ofAuto();

    private String path(String name) {
        return dir.resolve(name).toString();
    }

    private IoVector filled(int bytes, int value) {
        MemorySegment segment = arena.allocate(bytes, 4096);
        segment.fill((byte) value);
        return IoVector.of(segment);
    }

    @ParameterizedTest
    @CsvSource({"io_uring,io_uring", "io_uring,epoll", "threads,epoll", "threads,io_uring",
        "nio,nio", "nio,epoll"})
    @Rule("B2")
    void readsAndWritesOfAnyShape(String aio, String poller) throws Exception {
        OnLoops.run(poller, loops -> {
            long seed = 4711;
            Random random = new Random(seed);
            byte[] model = new byte[1 << 20];
            MemorySegment memory = arena.allocate(1 << 20, 8);
            try (HostFile file = OnLoops.engine(aio).awaitOpen(path("f"), NEW)) {
                for (int i = 0; i < 200; i++) {
                    IoVector iov = pieces(random, memory);
                    long from = random.nextLong(iov.bytes());
                    long bytes = 1 + random.nextLong(iov.bytes() - from);
                    long offset = random.nextLong(model.length - bytes);
                    if (random.nextBoolean()) {
                        memory.fill((byte) i);
                        assertEquals(bytes, file.pwritev(iov, from, bytes, offset, i % 9 == 0));
                        java.util.Arrays.fill(model, (int) offset, (int) (offset + bytes),
                                (byte) i);
                    } else {
                        memory.fill((byte) 0xee);
                        long want = Math.clamp(file.length() - offset, 0, bytes);
                        assertEquals(want, file.preadv(iov, from, bytes, offset));
                        MemorySegment flat = arena.allocate(bytes);
                        iov.copyTo(from, flat, 0, bytes);
                        assertEquals(-1, MemorySegment.mismatch(flat, 0, want,
                                MemorySegment.ofArray(model), offset, offset + want),
                                "seed " + seed + " step " + i);
                    }
                }
                file.flush();
            }
        });
    }

    /** Pieces that do not touch each other, sometimes more than a slot's inline iovecs. */
    private static IoVector pieces(Random random, MemorySegment memory) {
        IoVector iov = new IoVector();
        int count = 1 + random.nextInt(random.nextInt(5) == 0 ? 100 : 5);
        long at = 0;
        for (int i = 0; i < count; i++) {
            long length = 1 + random.nextInt(4000);
            iov.add(memory, at, length);
            at += length + random.nextInt(50);
        }
        return iov;
    }

    @ParameterizedTest
    @CsvSource({"io_uring,io_uring", "threads,epoll"})
    @Rule("B2")
    void vectorsLongerThanOneCallTakesComeUpShort(String aio, String poller) throws Exception {
        OnLoops.run(poller, loops -> {
            try (HostFile file = OnLoops.engine(aio).awaitOpen(path("f"), NEW)) {
                MemorySegment memory = arena.allocate(4000);
                IoVector iov = new IoVector();
                for (int i = 0; i < 2000; i++) {
                    iov.add(memory, i * 2, 1);
                }
                assertEquals(1024, file.pwritev(iov, 0, 2000, 0, false));
                assertEquals(976, file.pwritev(iov, 1024, 976, 1024, false));
                assertEquals(2000, file.length());
                assertThrows(IllegalArgumentException.class, () -> file.preadv(
                        IoVector.of(MemorySegment.ofArray(new byte[8])), 0, 8, 0));
                assertEquals(5, file.preadv(filled(5, 0), 0, 5, 0));
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"io_uring,io_uring", "io_uring,epoll", "threads,epoll", "threads,io_uring",
        "nio,nio"})
    @Rule("B2")
    void lengthHolesAndAllocation(String aio, String poller) throws Exception {
        OnLoops.run(poller, loops -> {
            try (HostFile file = OnLoops.engine(aio).awaitOpen(path("f"), NEW)) {
                assertEquals(FileKind.REGULAR, file.kind());
                assertEquals(1, file.alignment());
                assertEquals(0, file.length());
                assertEquals(-1, file.seekData(0));
                file.truncate(1 << 20);
                assertEquals(1 << 20, file.length());
                IoVector block = filled(65536, 5);
                file.pwritev(block, 0, 65536, 0, false);
                file.flush();
                assertEquals(0, file.seekData(0));
                if (aio.equals("nio")) {
                    assertEquals(-1, file.allocatedBytes());
                    assertEquals(1 << 20, file.seekHole(0));
                    assertEquals(Errno.EOPNOTSUPP, assertThrows(HostIoException.class,
                            () -> file.allocate(AllocateMode.PUNCH_HOLE, 0, 4096)).errno());
                } else {
                    assertEquals(65536, file.seekHole(0));
                    assertEquals(-1, file.seekData(65536));
                    assertEquals(65536, file.allocatedBytes());
                    file.allocate(AllocateMode.PUNCH_HOLE, 0, 32768);
                    assertEquals(32768, file.seekData(0));
                    file.allocate(AllocateMode.ZERO_RANGE, 32768, 4096);
                    assertEquals(65536, block.bytes());
                    file.preadv(block, 0, 65536, 0);
                    assertTrue(block.isZero(0, 36864));
                    assertFalse(block.isZero(0, 36865));
                    file.allocate(AllocateMode.RESERVE, 1 << 20, 4096);
                    assertEquals((1 << 20) + 4096, file.length());
                }
                file.truncate(1000);
                assertEquals(1000, file.length());
                assertEquals(5000, file.seekHole(5000));
                assertEquals(-1, file.seekData(5000));
                assertEquals(0, file.preadv(block, 0, 100, 1000));
                assertEquals(10, file.preadv(block, 0, 100, 990));
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"io_uring,io_uring", "threads,epoll", "nio,nio"})
    @Rule("B2")
    void failuresCarryTheErrnoAndName(String aio, String poller) throws Exception {
        OnLoops.run(poller, loops -> {
            HostFileEngine engine = OnLoops.engine(aio);
            assertNull(engine.unavailableReason());
            HostIoException missing = assertThrows(HostIoException.class,
                    () -> engine.awaitOpen(path("missing"), OpenFlags.READ_ONLY));
            assertEquals(Errno.ENOENT, missing.errno());
            assertTrue(missing.getMessage().contains(path("missing")), missing.getMessage());
            assertEquals(Errno.EISDIR, assertThrows(HostIoException.class,
                    () -> engine.awaitOpen(dir.toString(), OpenFlags.READ_WRITE)).errno());
            engine.awaitOpen(path("f"), NEW).close();
            try (HostFile file = engine.awaitOpen("/dev/full", OpenFlags.READ_WRITE)) {
                assertEquals(FileKind.CHARACTER_DEVICE, file.kind());
                assertEquals(Errno.ENOSPC, assertThrows(HostIoException.class,
                        () -> file.pwritev(filled(512, 1), 0, 512, 0, false)).errno());
            }
            if (!aio.equals("nio")) {
                try (HostFile file = engine.awaitOpen(path("f"), OpenFlags.READ_ONLY)) {
                    assertFalse(file.writable());
                    assertEquals(9, assertThrows(HostIoException.class,
                            () -> file.pwritev(filled(512, 1), 0, 512, 0, false)).errno());
                }
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"io_uring,io_uring", "threads,epoll", "nio,nio"})
    @Rule("B2")
    void locksKeepOtherOpenFilesOut(String aio, String poller) throws Exception {
        OnLoops.run(poller, loops -> {
            HostFileEngine engine = OnLoops.engine(aio);
            try (HostFile a = engine.awaitOpen(path("f"), NEW);
                    HostFile b = engine.awaitOpen(path("f"), OpenFlags.READ_WRITE)) {
                assertTrue(a.tryLock(100, 1, true));
                assertTrue(a.tryLock(200, 1, false));
                assertTrue(b.isLockedByOther(100, 1, false));
                assertFalse(b.isLockedByOther(101, 1, true));
                assertFalse(b.tryLock(100, 1, false));
                assertFalse(a.isLockedByOther(100, 1, true));
                if (!aio.equals("nio")) { // locks of one process do not tell two readers apart
                    assertTrue(b.tryLock(200, 1, false));
                    assertFalse(a.tryLock(200, 1, true));
                }
                assertTrue(a.tryLock(100, 1, false));
                a.unlock(100, 1);
                assertTrue(b.tryLock(100, 1, true));
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"io_uring,io_uring", "threads,epoll"})
    @Rule("B2")
    void directFilesSayTheirAlignmentAndKeepIt(String aio, String poller) throws Exception {
        OnLoops.run(poller, loops -> {
            OpenFlags direct = new OpenFlags(true, true, true, true);
            try (HostFile file = OnLoops.engine(aio).awaitOpen(path("f"), direct)) {
                int align = file.alignment();
                assertTrue(align >= 512 && align <= 4096 && Integer.bitCount(align) == 1);
                IoVector iov = filled(2 * align, 3);
                assertEquals(2 * align, file.pwritev(iov, 0, 2 * align, align, true));
                iov.fill(0, 2 * align, (byte) 0);
                assertEquals(align, file.preadv(iov, 0, align, 2L * align));
                assertFalse(iov.isZero(0, align));
                assertEquals(Errno.EINVAL, assertThrows(HostIoException.class,
                        () -> file.preadv(iov, 0, 100, 7)).errno());
            } catch (HostIoException e) {
                assertEquals(Errno.EINVAL, e.errno(), "a file system without O_DIRECT");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "threads"})
    @Rule("L6")
    void completionsArriveInTheContextThatSubmitted(String aio) throws Exception {
        OnLoops.run("io_uring", loops -> {
            IoThread one = loops.awaitCreate("io0", PollingOptions.OFF);
            IoThread two = loops.awaitCreate("io1", PollingOptions.OFF);
            AioContext[] contexts = {one.context(), two.context(), loops.main()};
            Throwable[] failure = new Throwable[1];
            InFlight running = new InFlight(new AioWait(null));
            try (HostFile file = OnLoops.engine(aio).awaitOpen(path("f"), NEW)) {
                for (int i = 0; i < 30; i++) {
                    int n = i;
                    AioContext context = contexts[i % 3];
                    running.increment();
                    context.spawn(() -> {
                        try {
                            IoVector iov = filled(512, n + 1);
                            for (int k = 0; k < 50; k++) {
                                long at = (n * 50L + k) * 512;
                                assertEquals(512, file.pwritev(iov, 0, 512, at, false));
                                assertSame(context, AioContext.current());
                                assertEquals(512, file.preadv(iov, 0, 512, at));
                                assertSame(context, AioContext.current());
                                assertEquals(n + 1, iov.segment(0).get(ValueLayout.JAVA_BYTE, 9));
                            }
                        } catch (Throwable e) {
                            failure[0] = e;
                        } finally {
                            running.decrement();
                        }
                    });
                }
                running.awaitZero();
            }
            assertNull(failure[0]);
            one.awaitStop();
            two.awaitStop();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "threads"})
    @Rule("E7")
    void completionMayWaitForOneThatFinishedAtTheSameTime(String aio) throws Exception {
        OnLoops.run(aio.equals("threads") ? "epoll" : "io_uring", loops -> {
            InFlight running = new InFlight(new AioWait(null));
            Throwable[] failure = new Throwable[1];
            try (HostFile file = OnLoops.engine(aio).awaitOpen(path("f"), NEW)) {
                for (int round = 0; round < 100; round++) {
                    CoMutex secondEnded = new CoMutex();
                    CoMutex.Held held = secondEnded.awaitLock();
                    running.increment();
                    running.increment();
                    loops.main().spawn(() -> {
                        try {
                            file.pwritev(filled(512, 1), 0, 512, 0, false);
                            secondEnded.awaitLock().close();
                        } catch (Throwable e) {
                            failure[0] = e;
                        } finally {
                            running.decrement();
                        }
                    });
                    loops.main().spawn(() -> {
                        try {
                            file.pwritev(filled(512, 2), 0, 512, 512, false);
                        } catch (Throwable e) {
                            failure[0] = e;
                        } finally {
                            held.close();
                            running.decrement();
                        }
                    });
                    running.awaitZero();
                }
            }
            assertNull(failure[0]);
        });
    }

    @ParameterizedTest
    @CsvSource({"io_uring,io_uring", "threads,epoll", "io_uring,epoll"})
    void moreRequestsThanTheQueueHoldsAllComplete(String aio, String poller) throws Exception {
        OnLoops.run(poller, loops -> {
            InFlight running = new InFlight(new AioWait(null));
            int[] done = new int[1];
            try (HostFile file = OnLoops.engine(aio).awaitOpen(path("f"), NEW)) {
                IoVector iov = filled(512, 1);
                for (int i = 0; i < 10_000; i++) {
                    int n = i;
                    running.increment();
                    loops.main().spawn(() -> {
                        try {
                            int written = (int) file.pwritev(iov, 0, 512, n * 512L, false);
                            done[0] += written; // not in one: read before the suspension
                        } catch (HostIoException e) {
                            throw new IllegalStateException(e);
                        } finally {
                            running.decrement();
                        }
                    });
                }
                running.awaitZero();
                assertEquals(10_000 * 512, done[0]);
                assertEquals(10_000 * 512, file.length());
            }
        });
    }

    @Test
    void poolGrowsToItsLimitOnly() throws Exception {
        OnLoops.run("epoll", loops -> {
            var pool = new io.backplane.hostio.posix.BlockingPool("test-pool", 3);
            InFlight running = new InFlight(new AioWait(null));
            int[] sum = new int[1];
            for (int i = 0; i < 20; i++) {
                running.increment();
                loops.main().spawn(() -> {
                    int one = (int) pool.await(new io.backplane.hostio.posix.BlockingPool.Call() {
                        @Override
                        protected long run(MemorySegment scratch) {
                            java.util.concurrent.locks.LockSupport.parkNanos(500_000);
                            return 1;
                        }
                    });
                    sum[0] += one;
                    running.decrement();
                });
            }
            running.awaitZero();
            assertEquals(20, sum[0]);
            assertEquals(3, pool.threadCount());
            assertThrows(IllegalArgumentException.class, () -> pool.await(
                    new io.backplane.hostio.posix.BlockingPool.Call() {
                        @Override
                        protected long run(MemorySegment scratch) {
                            throw new IllegalArgumentException("expected by the test");
                        }
                    }));
            pool.close();
        });
    }
}
