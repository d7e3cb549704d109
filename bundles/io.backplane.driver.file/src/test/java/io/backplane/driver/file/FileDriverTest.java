package io.backplane.driver.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backplane.aio.PollerFactory;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockStatus;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.CacheOptions;
import io.backplane.block.DiscardMode;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.driver.raw.RawDriver;
import io.backplane.driver.raw.RawOptions;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.nio.NioFileEngine;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.hostio.threads.ThreadsFileEngine;
import io.backplane.hostio.uring.UringFileEngine;
import io.backplane.hostio.uring.UringPollerFactory;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import io.backplane.tck.OnGraph;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file driver under a real graph, with each engine. */
@Rule("B2")
class FileDriverTest {
    private static final int RWR = Permissions.READ_WRITE | BlockPermission.RESIZE.bit();
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private HostFileEngine engine(String aio) {
        HostFileEngine engine = switch (aio) {
            case "io_uring" -> new UringFileEngine();
            case "threads" -> new ThreadsFileEngine();
            default -> new NioFileEngine();
        };
        assumeTrue(engine.unavailableReason() == null, "no " + aio + " here");
        return engine;
    }

    private static PollerFactory poller(String aio) {
        return switch (aio) {
            case "io_uring" -> new UringPollerFactory();
            case "threads" -> new EpollPollerFactory();
            default -> new NioPollerFactory();
        };
    }

    private void with(String aio, OnGraph.Body body) throws Exception {
        HostFileEngine engine = engine(aio);
        OnGraph.run(poller(aio), on -> {
            on.graph.addDriver(new FileDriver("file", new FileEngines(engine)));
            on.graph.addDriver(new RawDriver());
            body.run(on);
        });
    }

    private static FileOptions file(Path path) {
        return new FileOptions(path.toString(), null, null, null, null, null);
    }

    private static BlockdevOptions rawOptions(Path path, boolean direct) {
        return new BlockdevOptions("raw", "disk", DiscardMode.UNMAP,
                new CacheOptions(direct, null), null, null, null, null,
                new RawOptions(new BlockdevRef.Inline(BlockdevOptions.of("file", null, file(path))),
                        null, null));
    }

    private static BlockBackend attach(OnGraph on, Path path, boolean direct)
            throws BlockException {
        on.graph.awaitAdd(rawOptions(path, direct));
        return on.graph.awaitAttach("blk", new BlockdevRef.ByName("disk"),
                new Permissions(RWR, Permissions.ALL), on.loops.main());
    }

    private static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    private static IoVector pattern(Arena arena, int bytes, int value) {
        MemorySegment s = arena.allocate(bytes, 4096);
        s.fill((byte) value);
        return IoVector.of(s);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nio", "threads", "io_uring"})
    void whatIsWrittenIsReadBackAndInTheFile(String aio) throws Exception {
        Path path = folder.resolve("a.img");
        Files.write(path, new byte[MIB]);
        try (Arena arena = Arena.ofShared()) {
            with(aio, on -> {
                BlockBackend blk = attach(on, path, false);
                assertEquals(MIB, blk.length());
                blk.pwritev(1000, 5000, pattern(arena, 5000, 7), 0, 0);
                blk.flush();
                MemorySegment back = arena.allocate(8000);
                blk.preadv(0, 8000, IoVector.of(back), 0, 0);
                byte[] expected = new byte[8000];
                Arrays.fill(expected, 1000, 6000, (byte) 7);
                assertArrayEquals(expected, bytes(back));
                assertEquals(1, blk.stats().writeCount());
                assertEquals(8000, blk.stats().readBytes());
            });
        }
        byte[] now = Files.readAllBytes(path);
        assertEquals(7, now[5999]);
        assertEquals(0, now[6000]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nio", "threads", "io_uring"})
    void randomUnalignedWorkThroughDirectFileMatchesAModel(String aio) throws Exception {
        Path path = Path.of("/var/tmp").resolve("bp-" + System.nanoTime() + ".img");
        Files.write(path, new byte[MIB]);
        long seed = new Random().nextLong();
        try (Arena arena = Arena.ofShared()) {
            with(aio, on -> {
                BlockBackend blk;
                try {
                    blk = attach(on, path, true);
                } catch (BlockException e) {
                    assumeTrue(false, "no O_DIRECT: " + e.getMessage());
                    return;
                }
                byte[] model = new byte[MIB];
                Random random = new Random(seed);
                MemorySegment room = arena.allocate(64 << 10, 4096);
                for (int i = 0; i < 200; i++) {
                    step(blk, model, random, room);
                }
                MemorySegment back = arena.allocate(MIB);
                blk.preadv(0, MIB, IoVector.of(back), 0, 0);
                assertArrayEquals(model, bytes(back), "seed " + seed);
            });
        } finally {
            Files.delete(path);
        }
    }

    private static void step(BlockBackend blk, byte[] model, Random random, MemorySegment room)
            throws BlockException {
        int offset = random.nextInt(MIB - (64 << 10));
        int bytes = 1 + random.nextInt(48 << 10);
        if (random.nextInt(3) == 0) {
            offset &= -512;
            bytes = Math.max(512, bytes & -512);
        }
        switch (random.nextInt(4)) {
            case 0 -> {
                blk.pwriteZeroes(offset, bytes, RequestFlags.MAY_UNMAP);
                Arrays.fill(model, offset, offset + bytes, (byte) 0);
            }
            case 1 -> {
                blk.preadv(offset, bytes, IoVector.of(room), 0, 0);
                assertArrayEquals(Arrays.copyOfRange(model, offset, offset + bytes),
                        bytes(room.asSlice(0, bytes)));
            }
            default -> {
                byte value = (byte) (1 + random.nextInt(100));
                room.asSlice(3, bytes).fill(value);
                IoVector two = new IoVector().add(room, 3, bytes / 2)
                        .add(room, 3 + bytes / 2, bytes - bytes / 2);
                blk.pwritev(offset, bytes, two, 0, random.nextBoolean() ? RequestFlags.FUA : 0);
                Arrays.fill(model, offset, offset + bytes, value);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"threads", "io_uring"})
    void statusTellsHolesFromData(String aio) throws Exception {
        Path path = folder.resolve("s.img");
        try (Arena arena = Arena.ofShared()) {
            with(aio, on -> {
                on.graph.awaitCreate("file",
                        new FileCreateOptions(path.toString(), 4 * MIB, null, null, null), null);
                BlockBackend blk = attach(on, path, false);
                blk.pwritev(MIB, MIB, pattern(arena, MIB, 1), 0, 0);
                BlockStatus hole = blk.blockStatus(0, 4 * MIB);
                assertTrue(hole.zero() && !hole.data());
                assertEquals(MIB, hole.bytes());
                BlockStatus data = blk.blockStatus(MIB, 3 * MIB);
                assertTrue(data.data() && !data.zero());
                assertEquals(MIB, data.bytes());
                assertEquals(MIB, data.hostOffset());
                blk.pdiscard(MIB, MIB);
                assertTrue(blk.blockStatus(0, 4 * MIB).zero());
                assertEquals(4 * MIB, blk.blockStatus(0, 4 * MIB).bytes());
                assertEquals(0, blk.blockStatus(4 * MIB, 1).bytes());
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"threads", "io_uring"})
    void truncateGrowsShrinksAndAllocates(String aio) throws Exception {
        Path path = folder.resolve("t.img");
        Files.write(path, new byte[4096]);
        with(aio, on -> {
            BlockBackend blk = attach(on, path, false);
            blk.truncate(2 * MIB, true, Preallocation.OFF);
            assertEquals(2 * MIB, blk.length());
            blk.truncate(3 * MIB, true, Preallocation.FALLOC);
            blk.truncate(4 * MIB, true, Preallocation.FULL);
            assertEquals(4 * MIB, Files.size(path));
            assertTrue(on.graph.find("disk").awaitAllocatedBytes() >= 2 * MIB);
            blk.truncate(512, true, Preallocation.OFF);
            assertEquals(512, blk.length());
            assertThrows(BlockException.class,
                    () -> blk.truncate(100, true, Preallocation.FALLOC));
        });
        assertEquals(512, Files.size(path));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nio", "threads", "io_uring"})
    void tailOfAFileThatEndsInsideASectorReadsAsZeroes(String aio) throws Exception {
        Path path = folder.resolve("odd.img");
        byte[] odd = new byte[1000];
        Arrays.fill(odd, (byte) 9);
        Files.write(path, odd);
        try (Arena arena = Arena.ofShared()) {
            with(aio, on -> {
                BlockBackend blk = attach(on, path, false);
                assertEquals(1024, blk.length());
                MemorySegment back = arena.allocate(1024);
                back.fill((byte) 5);
                blk.preadv(0, 1024, IoVector.of(back), 0, 0);
                assertEquals(9, back.get(ValueLayout.JAVA_BYTE, 999));
                assertEquals(0, back.get(ValueLayout.JAVA_BYTE, 1000));
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"threads", "io_uring"})
    void missingFileNamesThePathAndTheReason(String aio) throws Exception {
        Path path = folder.resolve("none.img");
        with(aio, on -> {
            BlockException e = assertThrows(BlockException.class,
                    () -> on.graph.awaitAdd(rawOptions(path, false)));
            assertEquals("Could not open '" + path + "': No such file or directory",
                    e.getMessage());
            assertTrue(on.graph.nodes().isEmpty());
            assertFalse(Files.exists(path));
        });
    }
}
