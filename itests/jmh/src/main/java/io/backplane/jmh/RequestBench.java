package io.backplane.jmh;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.driver.file.FileCreateOptions;
import io.backplane.driver.file.FileDriver;
import io.backplane.driver.file.FileEngines;
import io.backplane.driver.file.FileOptions;
import io.backplane.driver.nullco.NullCoDriver;
import io.backplane.driver.nullco.NullCoOptions;
import io.backplane.driver.qcow2.Qcow2CreateOptions;
import io.backplane.driver.qcow2.Qcow2Driver;
import io.backplane.driver.qcow2.Qcow2Options;
import io.backplane.graph.Graph;
import io.backplane.hostio.nio.NioFileEngine;
import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A request from the backend down, without the host: 4 KiB on null-co, a hole of a qcow2 image. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RequestBench {
    private static final int COUNT = 10_000;
    private static final long SIZE = 1L << 30;

    private final IoVector iov = IoVector.of(Arena.ofAuto().allocate(4096, 4096));
    private MainLoop loop;
    private Graph graph;
    private Path folder;
    private BlockBackend nullco;
    private BlockBackend qcow2;

    /** Builds both nodes. */
    @Setup
    public void build() throws Exception {
        loop = new MainLoop();
        folder = Files.createTempDirectory("backplane-jmh");
        loop.run(() -> {
            graph = new Graph(loop.loops.main());
            graph.addDriver(new FileDriver("file", new FileEngines(new NioFileEngine())));
            graph.addDriver(new NullCoDriver());
            graph.addDriver(new Qcow2Driver());
            nullco = attach("null", BlockdevOptions.of("null-co", "null",
                    new NullCoOptions(SIZE, null, null)));
            String path = folder.resolve("image.qcow2").toString();
            graph.awaitCreate("file", new FileCreateOptions(path, 0, null, null, null),
                    (done, total) -> { });
            graph.awaitAdd(BlockdevOptions.of("file", "file",
                    new FileOptions(path, null, null, null, null, null)));
            BlockdevRef file = new BlockdevRef.ByName("file");
            graph.awaitCreate("qcow2", new Qcow2CreateOptions(file, null, null, null, SIZE, null,
                    null, null, null, null, null, null, null, null), (done, total) -> { });
            qcow2 = attach("qcow2", BlockdevOptions.of("qcow2", "qcow2", new Qcow2Options(file,
                    null, null, null, null, null, null, null, null, null, null, null, null,
                    null)));
            qcow2.pwritev(0, 4096, iov, 0, 0); // makes the L2 table of the first 512 MiB
        });
    }

    private BlockBackend attach(String name, BlockdevOptions options) throws BlockException {
        graph.awaitAdd(options);
        return graph.awaitAttach(name, new BlockdevRef.ByName(options.nodeName()),
                new Permissions(Permissions.READ_WRITE, Permissions.ALL), loop.loops.main());
    }

    /** Closes the graph and forgets the image. */
    @TearDown
    public void close() throws Exception {
        loop.run(graph::awaitCloseAll);
        loop.close();
        Files.delete(folder.resolve("image.qcow2"));
        Files.delete(folder);
    }

    /** The whole path of a write that never suspends. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void writeToNull() throws Exception {
        loop.run(() -> {
            for (int i = 0; i < COUNT; i++) {
                nullco.pwritev((long) i << 12, 4096, iov, 0, 0);
            }
        });
    }

    /** Lookup of an unallocated cluster in a cached table, and 4 KiB of zeroes. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void readHoleOfQcow2() throws Exception {
        loop.run(() -> {
            for (int i = 0; i < COUNT; i++) {
                qcow2.preadv((1 << 20) + ((long) i << 12), 4096, iov, 0, 0);
            }
        });
    }
}
