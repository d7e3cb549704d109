package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backplane.tool.guest.ExpectedContents;
import io.backplane.tool.guest.VerifyLoad;
import io.backplane.tool.guest.frontend.BlkQueue;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.Features;
import io.backplane.tool.guest.frontend.GuestDevice;
import io.backplane.tool.guest.frontend.GuestDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a vhost-user-blk back-end owes any driver, seen through our own front-end. */
abstract class BackEndScenarios {
    private static final long MIB = 1 << 20;
    private static final long DISK_BYTES = 64 * MIB;

    @TempDir
    Path folder;

    /** The implementation under test. */
    abstract Backend backend(Path place, Disk disk) throws IOException;

    @Test
    void everyDriverFindsItsDataOnRaw() throws Exception {
        everyDriverFindsItsData(Disk.create(folder, "raw", DISK_BYTES));
    }

    @Test
    void everyDriverFindsItsDataOnQcow2() throws Exception {
        everyDriverFindsItsData(Disk.create(folder, "qcow2", DISK_BYTES).withIothreads(2));
    }

    @Test
    void everyDriverFindsItsDataOnQcow2WithoutPageCache() throws Exception {
        everyDriverFindsItsData(Disk.create(folder, "qcow2", DISK_BYTES)
                .withFileOptions(",cache.direct=on,aio=io_uring"));
    }

    @Test
    void everyDriverFindsItsDataByThreads() throws Exception {
        everyDriverFindsItsData(Disk.create(folder, "qcow2", DISK_BYTES)
                .withFileOptions(",aio=threads"));
    }

    /** All ring features, one and several regions and queues, straight and odd framing. */
    private void everyDriverFindsItsData(Disk disk) throws Exception {
        long seed = seed();
        double seconds = Double.parseDouble(System.getProperty("backplane.verify.seconds", "0.4"));
        try (Backend backend = started(disk)) {
            DeviceOptions base = DeviceOptions.of(backend.socket().toString());
            ExpectedContents contents = null;
            for (int i = 0; i < 16; i++) {
                boolean several = (i & 4) != 0;
                DeviceOptions options = base.withRing((i & 1) != 0, (i & 2) != 0, 16)
                        .withQueues(several ? 4 : 1, 128)
                        .withMemory(MIB, several ? 3 : 1, (i & 8) != 0)
                        .withProtocol((i & 8) == 0, (i & 1) == 0, (i & 2) == 0);
                VerifyLoad load = (i & 8) != 0 ? VerifyLoad.of(seconds).withOddFraming()
                        : VerifyLoad.of(seconds);
                try (GuestDevice device = GuestDevice.connect(load.device(options))) {
                    if (contents == null) {
                        contents = load.unknown(device, seed);
                    }
                    VerifyLoad.Result result = load.run(device, contents);
                    assertTrue(result.isGood(), "combination " + i + ": " + result);
                    assertTrue(result.verifiedUnits() > 0, result.toString());
                }
            }
            backend.stop();
            assertClean(disk);
            backend.start();
            readBack(backend, contents);
            backend.stop();
        }
    }

    private static void readBack(Backend backend, ExpectedContents contents) throws IOException {
        VerifyLoad load = VerifyLoad.of(0);
        try (GuestDevice device = GuestDevice.connect(
                load.device(DeviceOptions.of(backend.socket().toString())))) {
            VerifyLoad.Result result = load.run(device, contents);
            assertTrue(result.isGood(), "after a restart: " + result);
            assertTrue(result.verifiedUnits() >= contents.knownCount(), result.toString());
        }
    }

    @Test
    void killedUnderLoadItLosesNoRequestOnQcow2ThatGrows() throws Exception {
        comesBackUnderLoad(Disk.create(folder, "qcow2", DISK_BYTES).withIothreads(2), true, 4);
    }

    @Test
    void killedUnderLoadItLosesNoRequestOnRaw() throws Exception {
        comesBackUnderLoad(Disk.create(folder, "raw", DISK_BYTES).withIothreads(2), true, 3);
    }

    @Test
    void stoppedUnderLoadItLosesNoRequest() throws Exception {
        comesBackUnderLoad(Disk.create(folder, "qcow2", DISK_BYTES), false, 3);
    }

    private void comesBackUnderLoad(Disk disk, boolean killed, int times) throws Exception {
        long seed = seed();
        boolean qcow2 = disk.format().equals("qcow2");
        try (Backend backend = started(disk)) {
            assumeTrue(backend.survivesKill(), "the peer has no in-flight area");
            VerifyLoad load = VerifyLoad.of(300).withReconnects(times);
            AtomicBoolean enough = new AtomicBoolean();
            DeviceOptions options = load.device(
                    DeviceOptions.of(backend.socket().toString()).withQueues(4, 128));
            try (GuestDevice device = GuestDevice.connect(options)) {
                ExpectedContents contents = load.unknown(device, seed);
                CompletableFuture<VerifyLoad.Result> result = CompletableFuture.supplyAsync(
                        () -> run(load, device, contents, enough));
                for (int i = 0; i < times; i++) {
                    Thread.sleep(500);
                    assertFalse(result.isDone(), "the load ended early");
                    if (killed) {
                        backend.kill();
                    } else {
                        backend.stop();
                        assertClean(disk);
                    }
                    backend.start();
                    Thread.sleep(500);
                }
                enough.set(true);
                VerifyLoad.Result outcome = result.get(120, TimeUnit.SECONDS);
                assertTrue(outcome.isGood(), outcome.toString());
                assertEquals(times, outcome.reconnects());
            }
            backend.stop();
            if (qcow2) {
                Command check = Command.run("qemu-img", "check", disk.image().toString());
                assertTrue(check.exitCode() == 0 || killed && check.exitCode() == 3,
                        check.out() + check.err());
            }
        }
    }

    static VerifyLoad.Result run(VerifyLoad load, GuestDevice device,
            ExpectedContents contents, AtomicBoolean enough) {
        try {
            return load.run(device, contents, enough::get);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aKilledServerKeepsWhatWasFlushed() throws Exception {
        SplittableRandom random = new SplittableRandom(seed());
        byte[] written = new byte[(int) MIB];
        random.nextBytes(written);
        try (Backend backend = started(Disk.create(folder, "qcow2", DISK_BYTES))) {
            try (GuestDisk disk = GuestDisk.connect(backend.socket().toString())) {
                assertEquals(BlkQueue.OK, disk.write(5 * MIB + 512, written));
                assertEquals(BlkQueue.OK, disk.flush());
                backend.kill();
                disk.device().close();
            } catch (IOException | IllegalStateException e) {
                // closing a disk without a server
            }
            backend.start();
            try (GuestDisk disk = GuestDisk.connect(backend.socket().toString())) {
                byte[] read = new byte[written.length];
                assertEquals(BlkQueue.OK, disk.read(5 * MIB + 512, read));
                assertArrayEquals(written, read);
            }
            backend.stop();
        }
    }

    @Test
    void zeroesAndDiscardsReadAsTheyShould() throws Exception {
        try (Backend backend = started(Disk.create(folder, "qcow2", DISK_BYTES));
                GuestDisk disk = GuestDisk.connect(backend.socket().toString())) {
            byte[] ones = new byte[(int) MIB];
            java.util.Arrays.fill(ones, (byte) 1);
            byte[] read = new byte[(int) MIB];
            assertEquals(BlkQueue.OK, disk.write(0, ones));
            assertEquals(BlkQueue.OK, disk.writeZeroes(512, 1024, false));
            assertEquals(BlkQueue.OK, disk.writeZeroes(131072, 131072, true));
            assertEquals(BlkQueue.OK, disk.discard(524288, 262144));
            assertEquals(BlkQueue.OK, disk.read(0, read));
            for (int i = 0; i < read.length; i++) {
                boolean zero = i >= 512 && i < 1536 || i >= 131072 && i < 262144
                        || i >= 524288 && i < 786432;
                assertEquals(zero ? 0 : 1, read[i], "byte " + i);
            }
        }
    }

    @Test
    void requestsBeyondTheEndFail() throws Exception {
        try (Backend backend = started(Disk.create(folder, "raw", DISK_BYTES));
                GuestDisk disk = GuestDisk.connect(backend.socket().toString())) {
            assertEquals(DISK_BYTES, disk.capacityBytes());
            byte[] bytes = new byte[4096];
            assertEquals(BlkQueue.OK, disk.read(DISK_BYTES - 4096, bytes));
            assertEquals(BlkQueue.IO_ERROR, disk.read(DISK_BYTES, bytes));
            assertEquals(BlkQueue.IO_ERROR, disk.write(DISK_BYTES - 512, bytes));
            assertEquals(BlkQueue.IO_ERROR, disk.write(1L << 62, bytes));
            assertNotEquals(BlkQueue.OK, disk.discard(DISK_BYTES, 4096));
            assertNotEquals(BlkQueue.OK, disk.writeZeroes(DISK_BYTES - 512, 4096, false));
            assertEquals(BlkQueue.OK, disk.flush());
        }
    }

    @Test
    void theDriverHearsOfAResize() throws Exception {
        try (Backend backend = started(Disk.create(folder, "qcow2", DISK_BYTES))) {
            assumeTrue(backend.announcesResize(), "the peer does not tell of a resize");
            try (GuestDisk disk = GuestDisk.connect(backend.socket().toString());
                    Qmp qmp = Qmp.connect(backend.qmp())) {
                qmp.execute("{'execute': 'block_resize', 'arguments': {'node-name': 'disk', "
                        + "'size': " + 2 * DISK_BYTES + "}}");
                for (int i = 0; i < 500 && disk.capacityBytes() != 2 * DISK_BYTES; i++) {
                    assertTrue(disk.device().serveBackend(10_000_000L));
                }
                assertEquals(2 * DISK_BYTES, disk.capacityBytes());
                assertEquals(BlkQueue.OK, disk.write(2 * DISK_BYTES - 4096, new byte[4096]));
            }
        }
    }

    @Test
    void theCacheModeCanBeSwitched() throws Exception {
        try (Backend backend = started(Disk.create(folder, "raw", DISK_BYTES));
                GuestDisk disk = GuestDisk.connect(backend.socket().toString())) {
            assertTrue((disk.device().features() & Features.BLK_CONFIG_WCE) != 0);
            if (backend.showsWritebackCache()) {
                assertEquals(1, disk.device().config().writeback());
            }
            for (int mode : new int[] {0, 1, 0}) {
                disk.device().setWriteback(mode == 1);
                assertEquals(mode, disk.device().readConfig().writeback());
                assertEquals(BlkQueue.OK, disk.write(0, new byte[4096]));
            }
        }
    }

    static long seed() {
        long seed = Long.getLong("backplane.seed", System.nanoTime() & 0xffffff);
        System.out.println("seed " + seed);
        return seed;
    }

    private Backend started(Disk disk) throws IOException, InterruptedException {
        Backend backend = backend(folder, disk);
        try {
            backend.start();
            return backend;
        } catch (Throwable e) {
            backend.close();
            throw e;
        }
    }

    private static void assertClean(Disk disk) throws IOException, InterruptedException {
        if (!disk.format().equals("raw")) {
            Command check = Command.run("qemu-img", "check", disk.image().toString());
            assertEquals(0, check.exitCode(), check.out() + check.err());
        }
    }
}
