package io.backplane.driver.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockNode;
import io.backplane.driver.nullco.NullCoDriver;
import io.backplane.driver.nullco.NullCoOptions;
import io.backplane.driver.raw.RawDriver;
import io.backplane.driver.raw.RawOptions;
import io.backplane.hostio.nio.NioFileEngine;
import io.backplane.memory.IoVector;
import io.backplane.tck.OnGraph;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drivers raw and null-co, and opening by file name. */
class SmallDriversTest {
    @TempDir
    Path folder;

    private static void with(OnGraph.Body body) throws Exception {
        OnGraph.run(on -> {
            on.graph.addDriver(new FileDriver("file", new FileEngines(new NioFileEngine())));
            on.graph.addDriver(new RawDriver());
            on.graph.addDriver(new NullCoDriver());
            body.run(on);
        });
    }

    private static BlockNode raw(OnGraph on, Path path, Long offset, Long size)
            throws BlockException {
        FileOptions file = new FileOptions(path.toString(), null, null, null, null, null);
        return on.graph.awaitAdd(BlockdevOptions.of("raw", "r", new RawOptions(
                new BlockdevRef.Inline(BlockdevOptions.of("file", null, file)), offset, size)));
    }

    private static BlockBackend attach(OnGraph on, String node) throws BlockException {
        return on.graph.awaitAttach("b", new BlockdevRef.ByName(node), new Permissions(
                Permissions.READ_WRITE | BlockPermission.RESIZE.bit(), Permissions.ALL),
                on.loops.main());
    }

    private static IoVector buffer(int bytes, int value) {
        MemorySegment segment = Arena.ofAuto().allocate(bytes);
        segment.fill((byte) value);
        return IoVector.of(segment);
    }

    private static String error(OnGraph.Step step) {
        return assertThrows(BlockException.class, step::run).getMessage();
    }

    @Test
    void rawWindowIsWrittenAtItsOffsetAndNoFurther() throws Exception {
        Path path = folder.resolve("w.img");
        Files.write(path, new byte[8192]);
        with(on -> {
            BlockNode node = raw(on, path, 1024L, 2048L);
            assertEquals(2048, node.length());
            BlockBackend blk = attach(on, "r");
            blk.pwritev(0, 2048, buffer(2048, 5), 0, 0);
            assertThrows(BlockException.class, () -> blk.pwritev(2048, 1, buffer(1, 5), 0, 0));
            assertEquals("Cannot resize fixed-size raw disks",
                    error(() -> blk.truncate(4096, true, Preallocation.OFF)));
        });
        byte[] now = Files.readAllBytes(path);
        assertEquals(8192, now.length);
        assertEquals(0, now[1023]);
        assertEquals(5, now[1024]);
        assertEquals(5, now[3071]);
        assertEquals(0, now[3072]);
    }

    @Test
    void rawWindowOutsideTheFileIsRefused() throws Exception {
        Path path = folder.resolve("x.img");
        Files.write(path, new byte[8192]);
        with(on -> {
            assertTrue(error(() -> raw(on, path, 9000L, null)).startsWith("Offset (9000) cannot"));
            assertTrue(error(() -> raw(on, path, 4096L, 8192L)).contains("has to be smaller"));
            assertEquals("Specified size is not multiple of 512",
                    error(() -> raw(on, path, 0L, 1000L)));
            assertTrue(on.graph.nodes().isEmpty());
        });
    }

    @Test
    void rawWithOffsetResizesTheFileBelow() throws Exception {
        Path path = folder.resolve("o.img");
        Files.write(path, new byte[8192]);
        with(on -> {
            raw(on, path, 4096L, null);
            BlockBackend blk = attach(on, "r");
            assertEquals(4096, blk.length());
            blk.truncate(1 << 20, true, Preallocation.OFF);
            assertEquals(1 << 20, blk.length());
        });
        assertEquals((1 << 20) + 4096, Files.size(path));
    }

    @Test
    void nullCoReadsZeroesIfAskedToAndTakesItsTime() throws Exception {
        with(on -> {
            on.graph.awaitAdd(BlockdevOptions.of("null-co", "n",
                    new NullCoOptions(1L << 20, 2_000_000L, true)));
            assertEquals(1 << 30, on.graph.awaitAdd(BlockdevOptions.of("null-co", "m", null))
                    .length());
            BlockBackend blk = attach(on, "n");
            MemorySegment to = Arena.ofAuto().allocate(512);
            to.fill((byte) 9);
            long before = on.loops.main().nowNs();
            blk.preadv(0, 512, IoVector.of(to), 0, 0);
            assertTrue(on.loops.main().nowNs() - before >= 2_000_000);
            assertEquals(0, to.get(ValueLayout.JAVA_BYTE, 511));
            assertTrue(blk.blockStatus(0, 512).zero());
            assertThrows(BlockException.class, () -> blk.truncate(0, true, Preallocation.OFF));
        });
    }

    @Test
    void fileNameIsOpenedAndProbed() throws Exception {
        Path path = folder.resolve("p:q.img");
        Files.write(path, new byte[8192]);
        with(on -> {
            BlockNode node = on.graph.awaitOpen(path.toString(), null, true, false);
            assertEquals("raw", node.driver());
            assertEquals(path.toString(), node.filename());
            BlockBackend blk = on.graph.awaitAttach("b", new BlockdevRef.ByName(node.name()),
                    new Permissions(Permissions.READ_WRITE, Permissions.ALL), on.loops.main());
            blk.pwritev(0, 512, buffer(512, 1), 0, 0);
            blk.awaitClose();
            assertTrue(on.graph.nodes().isEmpty());
            assertEquals("Unknown protocol 'foo'",
                    error(() -> on.graph.awaitOpen("foo:bar", null, false, false)));
        });
    }

    @Test
    void reopenSwitchesToReadOnlyAndBack() throws Exception {
        Path path = folder.resolve("ro.img");
        Files.write(path, new byte[8192]);
        with(on -> {
            FileOptions file = new FileOptions(path.toString(), null, null, null, null, null);
            BlockdevOptions writable = BlockdevOptions.of("file", "f", file);
            BlockdevOptions readOnly = new BlockdevOptions("file", "f", null, null, true, null,
                    null, null, file);
            on.graph.awaitAdd(writable);
            on.graph.awaitReopen(List.of(readOnly));
            assertTrue(on.graph.find("f").readOnly());
            assertTrue(error(() -> attach(on, "f")).contains("read-only"));
            on.graph.awaitReopen(List.of(writable));
            BlockBackend blk = attach(on, "f");
            blk.pwritev(0, 512, buffer(512, 1), 0, 0);
            assertEquals("Cannot change the option 'filename'", error(() -> on.graph.awaitReopen(
                    List.of(BlockdevOptions.of("file", "f",
                            new FileOptions("/other", null, null, null, null, null))))));
        });
    }

    @Test
    void reopenOfAFormatTakesItsOwnFileAlong() throws Exception {
        Path path = folder.resolve("inline.img");
        Files.write(path, new byte[8192]);
        with(on -> {
            BlockNode node = raw(on, path, null, null);
            BlockdevOptions readOnly = new BlockdevOptions("raw", "r", null, null, true, null,
                    null, null, node.options().options());
            on.graph.awaitReopen(List.of(readOnly));
            assertTrue(node.readOnly() && node.child("file").readOnly());
            on.graph.awaitReopen(List.of(BlockdevOptions.of("raw", "r",
                    node.options().options())));
            attach(on, "r").pwritev(0, 512, buffer(512, 1), 0, 0);
        });
    }
}
