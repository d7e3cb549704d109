package io.backplane.tck;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.DiscardMode;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.spi.BlockDriver;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.nio.NioFileEngine;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** The driver on real threads above real files: clients in three loops, moves among them. */
final class OnThreads implements Ground {
    private static final int SECTOR_BYTES = 512;
    private static final int CLIENTS = 6;
    private static final int REQUESTS = 300;
    private static final int MOVES = 20;

    private final DriverConformance kit;
    private final HostFileEngine engine = new NioFileEngine();
    private final long seed = Long.getLong("backplane.seed", new Random().nextInt(1 << 30));
    private Path folder;

    OnThreads(DriverConformance kit) {
        this.kit = kit;
    }

    @Override
    public BlockdevRef disk(String name, long bytes) {
        return new BlockdevRef.Inline(BlockdevOptions.of(DiskDriver.NAME, null,
                new DiskOptions(hostFile(name, bytes))));
    }

    @Override
    public HostFileEngine hostFiles() {
        return engine;
    }

    @Override
    public String hostFile(String name, long bytes) {
        Path path = folder.resolve(name);
        if (!Files.exists(path)) {
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                file.setLength(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return path.toString();
    }

    /** @param swaps whether other versions of the driver take over meanwhile */
    void run(boolean swaps) throws Exception {
        folder = Files.createTempDirectory("tck");
        try {
            OnGraph.run(on -> awaitRun(on, swaps));
        } catch (Throwable e) {
            throw new AssertionError(e.getMessage() + " (-Dbackplane.seed=" + seed + ")", e);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            }
        }
    }

    private void awaitRun(OnGraph on, boolean swaps) throws Exception {
        BlockDriver driver = kit.newDriver(this);
        on.graph.addDriver(new DiskDriver(engine, 1));
        on.graph.addDriver(driver);
        Record create = kit.createOptions(this, kit.imageBytes());
        if (create != null) {
            on.graph.awaitCreate(driver.name(), create, (_, _) -> { });
        }
        on.graph.awaitAdd(new BlockdevOptions(driver.name(), Bench.NODE, DiscardMode.UNMAP, null,
                false, null, null, null, kit.options(this)));
        List<AioContext> contexts = List.of(on.loops.main(), on.ioThread("io0"),
                on.ioThread("io1"));
        BlockBackend backend = on.graph.awaitAttach("tck", new BlockdevRef.ByName(Bench.NODE),
                new Permissions(Permissions.READ_WRITE | BlockPermission.RESIZE.bit(),
                        Permissions.ALL), on.loops.main());
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            int index = i;
            clients.add(on.start(contexts.get(i % 3), () -> awaitClient(backend, index)));
        }
        for (int i = 0; i < MOVES; i++) {
            backend.awaitMoveTo(contexts.get(i % 3));
            if (swaps && i % 4 == 0) {
                awaitSwap(on, driver.name(), i);
            }
            on.settle();
        }
        for (CompletableFuture<Void> client : clients) {
            on.await(client);
        }
        backend.awaitClose();
    }

    private void awaitSwap(OnGraph on, String driver, int number) throws Exception {
        DriverVersion next = new DriverVersion(driver, "next", number + 1L, "1.0." + number);
        on.graph.addDriver(kit.newDriver(this), next);
        on.graph.awaitSwapDrivers(List.of(new DriverSwap(Bench.NODE, null, next, 0)),
                BlockGraph.SwapPace.AT_ONCE);
    }

    /** Owns every n-th sector, as {@link Interleaved} does. */
    private void awaitClient(BlockBackend backend, int index) throws BlockException {
        Random random = new Random(seed + index);
        Vectors vectors = new Vectors(random);
        byte[] values = new byte[(int) Math.min(40,
                backend.length() / SECTOR_BYTES / CLIENTS)];
        for (int own = 0; own < values.length; own++) {
            backend.pwriteZeroes(((long) own * CLIENTS + index) * SECTOR_BYTES, SECTOR_BYTES, 0);
        }
        for (int i = 0; i < REQUESTS; i++) {
            int own = random.nextInt(values.length);
            long offset = ((long) own * CLIENTS + index) * SECTOR_BYTES;
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    values[own] = (byte) (1 + random.nextInt(255));
                    awaitWrite(backend, vectors, offset, values[own]);
                }
                case 3 -> {
                    values[own] = 0;
                    backend.pwriteZeroes(offset, SECTOR_BYTES, 0);
                }
                case 4 -> backend.flush();
                default -> awaitRead(backend, vectors, offset, values[own]);
            }
        }
    }

    private static void awaitWrite(BlockBackend backend, Vectors vectors, long offset, byte value)
            throws BlockException {
        byte[] data = new byte[SECTOR_BYTES];
        Arrays.fill(data, value);
        try (Vectors.Buffer buffer = vectors.of(data)) {
            backend.pwritev(offset, SECTOR_BYTES, buffer.vector(), buffer.from(), 0);
        }
    }

    private void awaitRead(BlockBackend backend, Vectors vectors, long offset, byte value)
            throws BlockException {
        try (Vectors.Buffer buffer = vectors.empty(SECTOR_BYTES)) {
            backend.preadv(offset, SECTOR_BYTES, buffer.vector(), buffer.from(), 0);
            byte[] got = buffer.contents();
            for (int i = 0; kit.keepsData() && i < SECTOR_BYTES; i++) {
                if (got[i] != value) {
                    throw new AssertionError("byte " + (offset + i) + " is " + (got[i] & 0xff)
                            + ", should be " + (value & 0xff));
                }
            }
        }
    }
}
