package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.PollingOptions;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.DiscardMode;
import io.backplane.block.Permissions;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.driver.file.FileDriver;
import io.backplane.driver.file.FileEngines;
import io.backplane.driver.file.FileOptions;
import io.backplane.graph.Graph;
import io.backplane.hostio.nio.NioFileEngine;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.loop.Loops;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real graph, real files, real threads. */
class ThreadsTest {
    private static final int MIB = 1 << 20;
    private static final int STRIPE = 4096;
    private static final int WORKERS = 16;
    private static final long LIMIT_S = 60;

    @TempDir
    Path folder;

    private interface Body {
        void run(Loops loops, Graph graph) throws Exception;
    }

    private static CompletableFuture<Void> start(AioContext context, OnImage.Step step) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        context.spawn(() -> {
            try {
                step.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private static void await(CompletableFuture<Void> done) throws Exception {
        try {
            done.get(LIMIT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static void with(OnImage.Step check, Body body) throws Exception {
        try (Loops loops = new Loops(List.of(new NioPollerFactory())).startMain()) {
            Graph graph = new Graph(loops.main());
            graph.addDriver(new FileDriver("file", new FileEngines(new NioFileEngine())));
            graph.addDriver(new Qcow2Driver());
            body.run(loops, graph);
            await(start(loops.main(), graph::awaitCloseAll));
            graph.close();
        }
        check.run();
    }

    private static BlockdevOptions options(Path path, Qcow2Options qcow2) {
        return new BlockdevOptions("qcow2", "disk", DiscardMode.UNMAP, null, null, null, null,
                null, qcow2);
    }

    private static BlockdevRef file(Path path) {
        return new BlockdevRef.Inline(BlockdevOptions.of("file", null,
                new FileOptions(path.toString(), null, null, null, null, null)));
    }

    @Test
    @Rule("L7")
    void contextsShareAnImageWithoutLosingAnything() throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("disk.qcow2");
        Path raw = folder.resolve("out.raw");
        Qemu.ok("qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=16k",
                path.toString(), "16M");
        byte[] model = new byte[16 * MIB];
        Qcow2Options small = new Qcow2Options(file(path), null, null, null, null, null, null,
                null, 4096L, 512L, null, null, null, null);
        with(() -> {
            Qemu.check(path);
            Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path.toString(),
                    raw.toString());
            assertTrue(java.util.Arrays.equals(model, Files.readAllBytes(raw)));
        }, (loops, graph) -> {
            BlockBackend[] backend = new BlockBackend[1];
            AioContext[] contexts = new AioContext[3];
            await(start(loops.main(), () -> {
                graph.awaitAdd(options(path, small));
                backend[0] = graph.awaitAttach("blk", new BlockdevRef.ByName("disk"),
                        new Permissions(Permissions.READ_WRITE, Permissions.ALL), loops.main());
                contexts[0] = loops.main();
                contexts[1] = loops.awaitCreate("a", PollingOptions.OFF).context();
                contexts[2] = loops.awaitCreate("b", PollingOptions.OFF).context();
            }));
            List<CompletableFuture<Void>> running = new ArrayList<>();
            for (int w = 0; w < WORKERS; w++) {
                int worker = w;
                running.add(start(contexts[w % 3], () -> work(backend[0], worker, model)));
            }
            for (CompletableFuture<Void> one : running) {
                await(one);
            }
            await(start(loops.main(), () -> backend[0].flush()));
        });
    }

    /** Each worker has every sixteenth stripe, so clusters are shared and stripes are not. */
    private static void work(BlockBackend backend, int worker, byte[] model) throws Exception {
        Random random = new Random(worker);
        byte[] data = new byte[STRIPE];
        IoVector iov = IoVector.of(MemorySegment.ofArray(data));
        for (int i = 0; i < 400; i++) {
            int stripe = random.nextInt(model.length / STRIPE / WORKERS) * WORKERS + worker;
            int at = stripe * STRIPE;
            switch (random.nextInt(8)) {
                case 0 -> {
                    backend.pwriteZeroes(at, STRIPE, RequestFlags.MAY_UNMAP);
                    java.util.Arrays.fill(model, at, at + STRIPE, (byte) 0);
                }
                case 1 -> backend.flush();
                case 2, 3 -> {
                    backend.preadv(at, STRIPE, iov, 0, 0);
                    for (int k = 0; k < STRIPE; k++) {
                        assertEquals(model[at + k], data[k]);
                    }
                }
                default -> {
                    random.nextBytes(data);
                    backend.pwritev(at, STRIPE, iov, 0, 0);
                    System.arraycopy(data, 0, model, at, STRIPE);
                }
            }
        }
    }

    @Test
    void backingFileOfTheImageIsOpenedAndReopenChangesIt() throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("top.qcow2");
        Qemu.ok("qemu-img", "create", "-q", "-f", "qcow2",
                folder.resolve("base.qcow2").toString(), "2M");
        Qemu.io(folder.resolve("base.qcow2"), "write -P 9 0 1M");
        Qemu.ok("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2",
                path.toString());
        with(() -> Qemu.check(path), (loops, graph) -> await(start(loops.main(), () -> {
            graph.awaitAdd(BlockdevOptions.of("file", "f", new FileOptions(path.toString(), null,
                    null, null, null, null)));
            Qcow2Options own = Qcow2Options.of(new BlockdevRef.ByName("f"));
            graph.awaitAdd(options(path, own));
            BlockBackend backend = graph.awaitAttach("blk", new BlockdevRef.ByName("disk"),
                    new Permissions(Permissions.READ_WRITE, Permissions.ALL), loops.main());
            byte[] data = new byte[512];
            IoVector iov = IoVector.of(MemorySegment.ofArray(data));
            backend.preadv(65536, 512, iov, 0, 0);
            assertEquals(9, data[0]);
            java.util.Arrays.fill(data, (byte) 3);
            backend.pwritev(0, 512, iov, 0, 0);
            graph.awaitReopen(List.of(options(path, new Qcow2Options(
                    new BlockdevRef.ByName("f"), new BlockdevRefOrNull.None(), null, null, null,
                    null, null, null, 65536L, null, null, null, null, null))));
            backend.preadv(65536, 512, iov, 0, 0);
            assertEquals(0, data[0]);
            backend.preadv(512, 512, iov, 0, 0);
            assertEquals(9, data[0]);
            backend.pwritev(100_000, 512, iov, 0, 0);
        })));
    }
}
