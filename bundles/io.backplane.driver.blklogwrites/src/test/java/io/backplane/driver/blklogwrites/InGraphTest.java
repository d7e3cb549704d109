package io.backplane.driver.blklogwrites;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.driver.file.FileDriver;
import io.backplane.driver.file.FileEngines;
import io.backplane.driver.file.FileOptions;
import io.backplane.graph.Graph;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.hostio.threads.ThreadsFileEngine;
import io.backplane.loop.Loops;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The filter in a real graph, above real files. */
@Rule("B1")
class InGraphTest {
    private static final int DISK_BYTES = 1 << 20;

    private interface Body {
        void run(BlockBackend backend) throws BlockException;
    }

    @TempDir
    Path folder;

    private void run(Boolean append, Body body) {
        try (ThreadsFileEngine engine = new ThreadsFileEngine();
                Loops loops = new Loops(List.of(new NioPollerFactory()))) {
            loops.runMain(() -> {
                try (Graph graph = new Graph(loops.main())) {
                    graph.addDriver(new FileDriver("file", new FileEngines(engine)));
                    graph.addDriver(new BlkLogWritesDriver());
                    BlockBackend backend = graph.awaitAttach("disk",
                            new BlockdevRef.Inline(BlockdevOptions.of("blklogwrites", null,
                                    new BlkLogWritesOptions(file("disk"), file("log"), null,
                                            append, null))),
                            new Permissions(Permissions.READ_WRITE
                                    | BlockPermission.RESIZE.bit(), Permissions.ALL),
                            loops.main());
                    body.run(backend);
                    graph.awaitCloseAll();
                } catch (BlockException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    private BlockdevRef file(String name) {
        return new BlockdevRef.Inline(BlockdevOptions.of("file", null,
                new FileOptions(folder.resolve(name).toString(), null, null, null, null,
                        null)));
    }

    @Test
    void logGrowsWithTheWritesAndReplaysToTheDisk() throws Exception {
        Files.write(folder.resolve("disk"), new byte[DISK_BYTES]);
        Files.write(folder.resolve("log"), new byte[0]);
        long seed = System.nanoTime();
        Random random = new Random(seed);

        run(null, backend -> change(backend, random));
        run(true, backend -> change(backend, random));

        LogReplay replay = new LogReplay(Files.readAllBytes(folder.resolve("log")));
        assertEquals(200, replay.entries.stream().filter(e -> !e.has(LogEntry.FLUSH)).count());
        assertArrayEquals(Files.readAllBytes(folder.resolve("disk")),
                replay.disk(DISK_BYTES, replay.entries.size()), "seed " + seed);
    }

    private static void change(BlockBackend backend, Random random) throws BlockException {
        for (int i = 0; i < 100; i++) {
            byte[] data = new byte[(1 + random.nextInt(20)) * 512];
            random.nextBytes(data);
            long offset = random.nextInt(1900) * 512L;
            if (i % 5 == 0) {
                backend.pwriteZeroes(offset, data.length, RequestFlags.MAY_UNMAP);
            } else {
                backend.pwritev(offset, data.length, IoVector.of(MemorySegment.ofArray(data)), 0,
                        i % 7 == 0 ? RequestFlags.FUA : 0);
            }
        }
        backend.flush();
    }
}
