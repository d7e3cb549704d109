package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.tool.guest.ExpectedContents;
import io.backplane.tool.guest.VerifyLoad;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Minutes of verifying load while the daemon is killed and stopped again and again. */
@EnabledIfSystemProperty(named = "backplane.soak.minutes", matches = "[1-9]\\d*")
class SoakTest {
    private static final long BYTES = 256 << 20;

    @TempDir
    Path folder;

    @Test
    void aDiskKeepsItsDataHoweverOftenTheDaemonGoes() throws Exception {
        long seed = BackEndScenarios.seed();
        SplittableRandom random = new SplittableRandom(seed);
        long end = System.nanoTime()
                + TimeUnit.MINUTES.toNanos(Long.getLong("backplane.soak.minutes"));
        try (Backend backend = new BackplaneBackend(folder,
                Disk.create(folder, "qcow2", BYTES).withIothreads(2))) {
            backend.start();
            VerifyLoad load = VerifyLoad.of(1e6).withReconnects(Integer.MAX_VALUE);
            AtomicBoolean enough = new AtomicBoolean();
            try (GuestDevice device = GuestDevice.connect(load.device(
                    DeviceOptions.of(backend.socket().toString()).withQueues(4, 128)))) {
                ExpectedContents contents = load.unknown(device, seed);
                CompletableFuture<VerifyLoad.Result> result = CompletableFuture.supplyAsync(
                        () -> BackEndScenarios.run(load, device, contents, enough));
                while (System.nanoTime() - end < 0 && !result.isDone()) {
                    Thread.sleep(500 + random.nextInt(4000));
                    if (random.nextBoolean()) {
                        backend.kill();
                    } else {
                        backend.stop();
                    }
                    backend.start();
                }
                enough.set(true);
                VerifyLoad.Result outcome = result.get(120, TimeUnit.SECONDS);
                assertTrue(outcome.isGood(), outcome.toString());
            }
            backend.stop();
        }
    }
}
