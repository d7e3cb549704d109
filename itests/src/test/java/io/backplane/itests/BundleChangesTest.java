package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything that changes bundles, at once: upgrades, deployments, and updates by the shell. The
 * property {@code backplane.changes.rounds} says how often (default 3).
 */
class BundleChangesTest {
    private static final int ROUNDS = Integer.getInteger("backplane.changes.rounds", 3);
    private static final String MODEL = "io.backplane.device.virtio.blk";

    @TempDir
    private Path folder;

    @Test
    void changesAtOnceDoNotRefuseEachOther() throws Exception {
        Disk disk = Disk.create(folder, "qcow2", 16 << 20);
        Path socket = folder.resolve("qmp");
        try (Daemon daemon = Daemon.start(
                "--blockdev", "driver=file,node-name=f,filename=" + disk.image(),
                "--blockdev", "driver=qcow2,node-name=q,file=f",
                "--blockdev", "driver=null-co,node-name=n,size=16M",
                "--blockdev", "driver=raw,node-name=r,file=n",
                "--export", "vhost-user-blk,id=e,node-name=q,writable=on,addr.type=unix,addr.path="
                        + folder.resolve("blk"),
                "--chardev", "socket,id=m,path=" + socket + ",server=on,wait=off",
                "--monitor", "m", "--no-shell"); Qmp qmp = Qmp.connect(socket)) {
            Upgrades upgrades = new Upgrades(daemon, qmp);
            upgrades.driver("raw", TestBundle.versionOf("io.backplane.driver.raw", "0.1.1",
                    folder));
            for (int round = 1; round <= ROUNDS; round++) {
                all(upgrades, round);
            }
            assertFalse(daemon.err().contains("refused"), daemon.err());
            assertEquals(0, daemon.stop(), daemon.err());
        }
        Command check = Command.run("qemu-img", "check", disk.image().toString());
        assertEquals(0, check.exitCode(), check.out() + check.err());
    }

    @Test
    void shellWaitsForADeploymentAndDoesWhatItDidBefore() throws Exception {
        Path slow = new BundleJar("slow", "1.0.0").header("Bundle-Activator", "slow.Activator")
                .header("Import-Package", "org.osgi.framework").source("slow.Activator", """
                package slow;
                import org.osgi.framework.*;
                public final class Activator implements BundleActivator {
                    public void start(BundleContext context) throws Exception {
                        System.out.println("slow begins");
                        Thread.sleep(1500);
                        System.out.println("slow runs");
                    }
                    public void stop(BundleContext context) { }
                }
                """).write(folder.resolve("slow.jar"));
        Path small = new BundleJar("small", "1.0.0").write(folder.resolve("small.jar"));
        Path socket = folder.resolve("qmp");
        try (Daemon daemon = Daemon.start("--blockdev", "driver=null-co,node-name=n,size=1M",
                "--chardev", "socket,id=m,path=" + socket + ",server=on,wait=off", "--monitor",
                "m"); Qmp qmp = Qmp.connect(socket)) {
            Upgrades upgrades = new Upgrades(daemon, qmp);
            CompletableFuture<JsonObject> deploy = CompletableFuture.supplyAsync(() -> {
                try {
                    return qmp.answer("{'execute': 'deploy', 'arguments': {'file': '" + slow
                            + "'}}");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            while (!daemon.out().contains("slow begins")) {
                assertFalse(deploy.isDone(), () -> deploy.join().toString());
                Thread.sleep(5);
            }
            String id = upgrades.shell("felix:install " + small.toUri()).replaceAll("\\D", "");
            assertTrue(daemon.out().contains("slow runs"), "it waited for the deployment");
            assertFalse(deploy.get().has("error"), () -> deploy.join().toString());

            assertTrue(upgrades.shell("felix:start " + id + "; felix:lb -s small")
                    .contains("Active"));
            assertTrue(upgrades.shell("felix:stop " + id + "; felix:lb -s small")
                    .contains("Resolved"));
            upgrades.shell("felix:update " + id + "; felix:refresh " + id + "; felix:resolve "
                    + id + "; felix:uninstall " + id);
            assertFalse(upgrades.shell("felix:lb -s small").contains("small"));
            for (String name : List.of("install", "refresh", "start", "stop", "update")) {
                assertTrue(upgrades.shell("felix:help").contains("felix:" + name), name);
                assertTrue(upgrades.shell("felix:help felix:" + name).contains(name + " - "));
            }
            assertEquals(0, daemon.stop(), daemon.err());
        }
    }

    private void all(Upgrades upgrades, int round) throws Exception {
        String version = "0.2." + round;
        Map<String, Path> drivers = Map.of(
                "qcow2", TestBundle.versionOf("io.backplane.driver.qcow2", version, folder),
                "file", TestBundle.versionOf("io.backplane.driver.file", version, folder),
                "null-co", TestBundle.versionOf("io.backplane.driver.nullco", version, folder));
        Path model = TestBundle.versionOf(MODEL, version, folder);
        Path deployed = SmallBundle.write(folder.resolve("stranger-" + round + ".jar"),
                Map.of("Bundle-SymbolicName", "stranger" + round, "Bundle-Version", "1.0.0"),
                List.of());
        CompletableFuture<Void> update = CompletableFuture.runAsync(() -> {
            try {
                upgrades.plainUpdate("io.backplane.driver.raw");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        for (var driver : drivers.entrySet()) {
            upgrades.start("driver-upgrade", driver.getKey(), driver.getValue());
        }
        upgrades.start("device-upgrade", "virtio-blk", model);
        JsonObject deploy = upgrades.qmp().answer("{'execute': 'deploy', 'arguments': {'file': '"
                + deployed + "'}}");
        assertFalse(deploy.has("error"), deploy::toString);
        for (String driver : List.of("qcow2", "file", "null-co", "virtio-blk")) {
            upgrades.awaitEnd(driver);
        }
        update.get();
    }
}
