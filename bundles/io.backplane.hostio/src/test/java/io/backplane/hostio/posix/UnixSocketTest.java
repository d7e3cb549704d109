package io.backplane.hostio.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.memory.IoVector;
import io.backplane.sys.SysFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketTest {
    @TempDir
    Path dir;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment buffer = arena.allocate(4096);

    private static int openFds() throws IOException {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return (int) list.count();
        }
    }

    @Test
    void bytesAndDescriptorsCrossTogether() throws Exception {
        UnixSocket[] pair = UnixSocket.pair();
        try (UnixSocket a = pair[0]; UnixSocket b = pair[1]; EventFd event = EventFd.create()) {
            assertEquals(UnixSocket.WOULD_BLOCK, b.receive(buffer, 0, 10));
            buffer.set(ValueLayout.JAVA_INT, 0, 42);
            assertEquals(4, a.send(buffer, 0, 4, new int[] {event.fd(), 0}));
            assertEquals(4, b.receive(buffer, 100, 50));
            assertEquals(42, buffer.get(ValueLayout.JAVA_INT, 100));
            assertEquals(2, b.fdCount());
            try (EventFd other = EventFd.adopt(b.takeFd())) {
                other.set();
                assertTrue(event.testAndClear());
                assertFalse(event.testAndClear());
            }
            b.dropFds();
            assertEquals(-1, b.takeFd());
            assertFalse(b.testAndClearFdsCut());
            a.shutdown();
            assertEquals(0, b.receive(buffer, 0, 10));
        }
    }

    @Test
    void descriptorsNobodyTakesAreClosed() throws Exception {
        int before = openFds();
        UnixSocket[] pair = UnixSocket.pair();
        int[] many = new int[UnixSocket.FDS_MAX];
        pair[0].send(buffer, 0, 1, many);
        pair[0].send(buffer, 0, 1, new int[1]);
        pair[1].receive(buffer, 0, 10);
        pair[1].receive(buffer, 0, 10);
        assertEquals(UnixSocket.FDS_MAX, pair[1].fdCount());
        assertTrue(pair[1].testAndClearFdsCut());
        assertThrows(IndexOutOfBoundsException.class,
                () -> pair[0].send(buffer, 0, 1, new int[UnixSocket.FDS_MAX + 1]));
        pair[0].close();
        pair[1].close();
        pair[1].close();
        assertEquals(before, openFds());
    }

    @Test
    void vectorIsSentInOnePiece() throws Exception {
        UnixSocket[] pair = UnixSocket.pair();
        try (UnixSocket a = pair[0]; UnixSocket b = pair[1]) {
            IoVector iov = new IoVector();
            for (int i = 0; i < 10; i++) {
                buffer.set(ValueLayout.JAVA_BYTE, i * 10, (byte) i);
                iov.add(buffer, i * 10, 1);
            }
            assertEquals(8, a.send(iov, 1, 8));
            assertEquals(8, b.receive(buffer, 1000, 100));
            assertEquals(8, buffer.get(ValueLayout.JAVA_BYTE, 1007));
            long sent = 0;
            long n;
            while ((n = a.send(buffer, 0, 4096, null)) != UnixSocket.WOULD_BLOCK) {
                sent += n;
            }
            assertTrue(sent > 0);
        }
        assertThrows(IllegalArgumentException.class, () -> Iovecs.fill(
                IoVector.of(MemorySegment.ofArray(new byte[8])), 0, 8, buffer, 4));
    }

    @Test
    void privateListenerIsForItsOwnerOnly() throws Exception {
        Path path = dir.resolve("private");
        try (UnixListener _ = UnixListener.listenPrivately(path.toString(), 1)) {
            assertEquals("rw-------", PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(path)));
        }
    }

    @Test
    void listenerReplacesAnAbandonedSocketButNotALiveOne() throws Exception {
        String path = dir.resolve("sock").toString();
        try (UnixListener first = UnixListener.listen(path, 4)) {
            HostIoException e = assertThrows(HostIoException.class,
                    () -> UnixListener.listen(path, 4));
            assertEquals(98, e.errno());
            try (UnixSocket taken = first.accept()) {
                assertNotNull(taken); // the probe of the second listener
            }
            assertNull(first.accept());
            try (UnixSocket client = UnixSocket.connect(path); UnixSocket peer = first.accept()) {
                assertEquals(3, client.send(buffer, 0, 3, null));
                assertEquals(3, peer.receive(buffer, 0, 10));
                client.shutdown();
                assertEquals(0, peer.receive(buffer, 0, 10));
            }
            Files.createSymbolicLink(dir.resolve("old"), Path.of(path));
        }
        assertFalse(Files.exists(Path.of(path)));
        int leftOver = io.backplane.sys.SysSocket.unixStream();
        io.backplane.sys.SysSocket.bind(leftOver, path);
        Fds.close(leftOver);
        UnixListener.listen(path, 4).close();
        assertThrows(HostIoException.class, () -> UnixSocket.connect(path));
        String tooLong = dir.resolve("x".repeat(120)).toString();
        assertEquals(36, assertThrows(HostIoException.class,
                () -> UnixListener.listen(tooLong, 1)).errno());
    }

    @Test
    void listenerReplacesNothingButSockets() throws Exception {
        Path image = Files.writeString(dir.resolve("disk.raw"), "precious");
        Path folder = Files.createDirectory(dir.resolve("folder"));
        Path link = Files.createSymbolicLink(dir.resolve("link"), image);
        for (Path path : new Path[] {image, folder, link}) {
            HostIoException e = assertThrows(HostIoException.class,
                    () -> UnixListener.listen(path.toString(), 1));
            assertEquals(Errno.EADDRINUSE, e.errno());
            assertTrue(e.getMessage().endsWith("Address already in use"), e.getMessage());
        }
        assertEquals("precious", Files.readString(link));
        assertTrue(Files.isDirectory(folder));
    }

    @Test
    void addressesThatTheKernelWouldReadOtherwiseAreRefused() throws Exception {
        for (String path : new String[] {"", "\0abstract", dir.resolve("a") + "\0b"}) {
            assertEquals(Errno.EINVAL, assertThrows(HostIoException.class,
                    () -> UnixListener.listen(path, 1)).errno());
            assertEquals(Errno.EINVAL, assertThrows(HostIoException.class,
                    () -> UnixSocket.connect(path)).errno());
        }
        assertFalse(Files.exists(dir.resolve("a")));
        assertEquals(-Errno.ENOENT, io.backplane.sys.SysFile.open(dir + "\0b", 0, 0));
        try (MemFd file = MemFd.create("no socket", 4096, true)) {
            assertEquals(Errno.ENOTSOCK, assertThrows(HostIoException.class,
                    () -> UnixListener.adopt(file.fd())).errno());
        }
    }

    @Test
    void closedListenerLeavesThePathToWhoeverHasTakenIt() throws Exception {
        Path path = dir.resolve("sock");
        UnixListener first = UnixListener.listen(path.toString(), 1);
        Files.delete(path);
        try (UnixListener _ = UnixListener.listen(path.toString(), 1)) {
            first.close();
            assertTrue(Files.exists(path));
        }
        assertFalse(Files.exists(path));
    }

    @Test
    void partsOfHugePagesAreMappedAndUnmapped() throws Exception {
        Path mount = Files.readAllLines(Path.of("/proc/mounts")).stream()
                .map(line -> line.split(" ")).filter(mounted -> mounted[2].equals("hugetlbfs"))
                .map(mounted -> Path.of(mounted[1])).findFirst().orElse(null);
        assumeTrue(mount != null && Files.readString(Path.of("/proc/meminfo"))
                .matches("(?s).*HugePages_Free: +[2-9].*Hugepagesize: +2048 kB.*"), "huge pages");
        Path path = mount.resolve("backplane-test-" + ProcessHandle.current().pid());
        int fd = SysFile.open(path.toString(), 0102, 0600); // O_RDWR | O_CREAT
        try {
            Files.delete(path);
            assertEquals(0, SysFile.ftruncate(fd, 4 << 20));
            MappedFile part = MappedFile.map(fd, 0xc0000, 0x150000, true);
            part.segment().set(ValueLayout.JAVA_BYTE, 0x14ffff, (byte) 7);
            assertTrue(Files.readString(Path.of("/proc/self/maps")).contains(path.toString()));
            part.close();
            assertFalse(Files.readString(Path.of("/proc/self/maps")).contains(path.toString()));
        } finally {
            Fds.close(fd);
        }
    }

    @Test
    void onlyEventfdsAreAdoptedAsSuch() throws Exception {
        try (MemFd memory = MemFd.create("guest", 8192, true)) {
            HostIoException e = assertThrows(HostIoException.class,
                    () -> EventFd.adopt(memory.fd()));
            assertEquals(Errno.EINVAL, e.errno());
            assertTrue(MappedFile.isSealedAgainstShrink(memory.fd()));
            assertEquals(8192, MappedFile.fileBytes(memory.fd()));
            assertFalse(MappedFile.isSealedAgainstShrink(0));
            MappedFile part = MappedFile.map(memory.fd(), 100, 50, false);
            try (MappedFile all = MappedFile.map(memory.fd(), 0, 8192, true)) {
                all.segment().set(ValueLayout.JAVA_BYTE, 149, (byte) 9);
            }
            MemorySegment memoryOfPart = part.segment();
            assertEquals(9, memoryOfPart.get(ValueLayout.JAVA_BYTE, 49));
            assertEquals(50, memoryOfPart.byteSize());
            part.close();
            assertThrows(IllegalStateException.class,
                    () -> memoryOfPart.get(ValueLayout.JAVA_BYTE, 0));
        }
        assertThrows(HostIoException.class, () -> MappedFile.map(999_999, 0, 8, false));
    }
}
