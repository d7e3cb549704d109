package io.backplane.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SysTest {
    @TempDir
    Path dir;

    @Test
    void refusedCallAnswersNegativeErrno() {
        assertEquals(-2, SysFile.open(dir.resolve("missing").toString(), SysFile.O_RDONLY, 0));
        assertEquals(-9, SysFile.close(999_999));
    }

    @Test
    void fileIsWrittenReadAndMeasured() throws Exception {
        Path path = dir.resolve("file");
        int fd = SysFile.open(path.toString(), SysFile.O_RDWR | SysFile.O_CREAT, 0600);
        assertTrue(fd >= 0);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment data = arena.allocate(8192, 8);
            data.fill((byte) 7);
            MemorySegment iov = arena.allocate(32, 8);
            iov.set(ValueLayout.JAVA_LONG, 0, data.address());
            iov.set(ValueLayout.JAVA_LONG, 8, 100);
            iov.set(ValueLayout.JAVA_LONG, 16, data.address());
            iov.set(ValueLayout.JAVA_LONG, 24, 28);
            long at = 5L << 30;
            assertEquals(128, SysFile.pwritev2(fd, iov, 2, at, SysFile.RWF_DSYNC));
            data.fill((byte) 0);
            assertEquals(128, SysFile.preadv2(fd, iov, 2, at, 0));
            assertEquals(7, data.get(ValueLayout.JAVA_BYTE, 99));
            SysFile.FileStatus status = SysFile.status(fd);
            assertNotNull(status);
            assertEquals(at + 128, status.bytes());
            assertEquals(SysFile.S_IFREG, status.mode() & SysFile.S_IFMT);
            assertTrue(status.allocatedBytes() < at);
            assertEquals(0, SysFile.ftruncate(fd, 4096));
            assertEquals(4096, Files.size(path));
        }
        assertEquals(0, SysFile.close(fd));
    }

    @Test
    void locksOfTwoOpenFilesConflict() {
        String path = dir.resolve("lock").toString();
        int a = SysFile.open(path, SysFile.O_RDWR | SysFile.O_CREAT, 0600);
        int b = SysFile.open(path, SysFile.O_RDWR, 0);
        assertEquals(0, SysFile.lock(a, SysFile.F_WRLCK, 100, 1));
        assertEquals(SysFile.F_WRLCK, SysFile.conflictingLock(b, SysFile.F_RDLCK, 100, 1));
        assertEquals(SysFile.F_UNLCK, SysFile.conflictingLock(b, SysFile.F_RDLCK, 101, 1));
        assertEquals(-11, SysFile.lock(b, SysFile.F_RDLCK, 100, 1));
        SysFile.close(a);
        assertEquals(0, SysFile.lock(b, SysFile.F_RDLCK, 100, 1));
        SysFile.close(b);
    }

    @Test
    void sealedMemoryIsMappedAndSeen() {
        int fd = SysFile.memfd("test");
        assertEquals(0, SysFile.ftruncate(fd, 8192));
        assertEquals(0, SysFile.addSeals(fd, SysFile.F_SEAL_SHRINK));
        assertEquals(SysFile.F_SEAL_SHRINK, SysFile.seals(fd));
        assertEquals(-1, SysFile.ftruncate(fd, 0));
        try (Arena arena = Arena.ofShared()) {
            MemorySegment one = SysMemory.map(fd, 0, 8192, true, arena, false).segment();
            MemorySegment two = SysMemory.map(fd, 4096, 4096, false, arena, false).segment();
            one.set(ValueLayout.JAVA_LONG, 4096, 42);
            assertEquals(42, two.get(ValueLayout.JAVA_LONG, 0));
            assertTrue(two.isReadOnly());
            assertEquals(22, SysMemory.map(fd, 1, 8192, true, arena, false).errno());
        }
        SysFile.close(fd);
    }

    @Test
    void epollReportsEdgesAndTimesOut() {
        int epoll = SysEvent.epollCreate();
        int fd = SysEvent.eventfd();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(SysEvent.eventBytes(4), 8);
            assertEquals(0, SysEvent.epollControl(epoll, SysEvent.EPOLL_CTL_ADD, fd,
                    SysEvent.IN | SysEvent.EDGE, 0x1_0000_0002L));
            assertEquals(0, SysEvent.epollWait(epoll, buffer, 4, 0));
            assertEquals(0, SysEvent.epollWait(epoll, buffer, 4, 100_000));
            assertEquals(8, SysEvent.eventfdSet(fd));
            assertEquals(1, SysEvent.epollWait(epoll, buffer, 4, -1));
            assertEquals(SysEvent.IN, SysEvent.events(buffer, 0));
            assertEquals(0x1_0000_0002L, SysEvent.data(buffer, 0));
            assertEquals(0, SysEvent.epollWait(epoll, buffer, 4, 0));
            assertEquals(SysEvent.IN, SysEvent.poll(fd, SysEvent.IN, 0));
            assertEquals(8, SysEvent.eventfdClear(fd));
            assertEquals(-11, SysEvent.eventfdClear(fd));
        }
        SysFile.close(fd);
        SysFile.close(epoll);
    }

    @Test
    void manyThreadsKeepTheirErrnosApart() throws Exception {
        Thread[] threads = new Thread[8];
        long[] wrong = new long[threads.length];
        for (int t = 0; t < threads.length; t++) {
            int me = t;
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 2000; i++) {
                    long want = me % 2 == 0 ? -9 : -22;
                    long got = me % 2 == 0 ? SysFile.close(1_000_000)
                            : SysFile.lseek(me == 0 ? 0 : fdOfNull, 0, 99);
                    wrong[me] += got == want ? 0 : 1;
                }
            });
        }
        for (Thread thread : threads) {
            thread.start();
        }
        for (int t = 0; t < threads.length; t++) {
            threads[t].join();
            assertEquals(0, wrong[t]);
        }
        SysFile.close(fdOfNull);
    }

    private final int fdOfNull = SysFile.open("/dev/null", SysFile.O_RDONLY, 0);
}
