package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drivers that are exchanged, updated, stopped and started while a guest writes and checks. The
 * property {@code backplane.upgrades} says how often (default 3; 100 and 1000 in long runs).
 */
class DriverUpgradeTest {
    private static final int UPGRADES = Integer.getInteger("backplane.upgrades", 3);
    private static final long BYTES = 64 << 20;
    private static final int SECONDS_AROUND = 10;

    @TempDir
    private Path folder;

    private Daemon start(Disk disk) throws Exception {
        Path raw = folder.resolve("raw.img");
        try (var file = new java.io.RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        return Daemon.start("--blockdev", "driver=file,node-name=f,filename=" + disk.image(),
                "--blockdev", "driver=qcow2,node-name=q,file=f",
                "--blockdev", "driver=file,node-name=rf,filename=" + raw,
                "--blockdev", "driver=raw,node-name=r,file=rf",
                "--blockdev", "driver=null-co,node-name=n,size=1M",
                "--object", "iothread,id=io0",
                "--export", "vhost-user-blk,id=eq,node-name=q,writable=on,iothread=io0,"
                        + "addr.type=unix,addr.path=" + folder.resolve("q.sock"),
                "--export", "vhost-user-blk,id=er,node-name=r,writable=on,"
                        + "addr.type=unix,addr.path=" + folder.resolve("r.sock"),
                "--chardev", "socket,id=qmp,server=on,wait=off,path="
                        + folder.resolve("qmp.sock"), "--monitor", "chardev=qmp");
    }

    private CompletableFuture<Command> verify(String socket, int seconds) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Command.backplane("guest", "verify", "--time", Integer.toString(seconds),
                        "--qd", "8", "--socket", folder.resolve(socket).toString());
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void assertGood(CompletableFuture<Command> load) throws Exception {
        Command verify = load.get();
        assertEquals(0, verify.exitCode(), verify.out() + verify.err());
        assertTrue(verify.out().contains("0 mismatches, 0 errors"), verify.out());
    }

    private static Path jar(String driver) throws IOException {
        try (Stream<Path> bundles = Files.list(Daemon.DIST.resolve("bundles"))) {
            return bundles.filter(b -> b.getFileName().toString().startsWith(
                    "io.backplane.driver." + driver.replace("-", "") + "-")).findFirst()
                    .orElseThrow();
        }
    }

    private static void start(Qmp qmp, String driver, String more) throws Exception {
        qmp.execute("{'execute': 'driver-upgrade', 'arguments': {'driver': '" + driver
                + "', 'bundle': '" + jar(driver) + "', 'auto-dismiss': false" + more + "}}");
    }

    private static JsonObject awaitState(Qmp qmp, String driver, String state) throws Exception {
        for (int i = 0; i < 6000; i++) {
            for (JsonElement job : qmp.execute("{'execute': 'query-jobs'}").getAsJsonArray()) {
                JsonObject shown = job.getAsJsonObject();
                if (shown.get("id").getAsString().equals("upgrade-" + driver)
                        && shown.get("status").getAsString().equals(state)) {
                    return shown;
                }
            }
            Thread.sleep(5);
        }
        throw new AssertionError(driver + " never became " + state + ": "
                + qmp.execute("{'execute': 'query-jobs'}"));
    }

    private static String awaitError(Qmp qmp, String driver) throws Exception {
        JsonElement error = awaitState(qmp, driver, "concluded").get("error");
        job(qmp, "dismiss", driver);
        return error == null ? null : error.getAsString();
    }

    private static void job(Qmp qmp, String verb, String driver) throws IOException {
        qmp.execute("{'execute': 'job-" + verb + "', 'arguments': {'id': 'upgrade-" + driver
                + "'}}");
    }

    private static void upgrade(Qmp qmp, String driver) throws Exception {
        start(qmp, driver, "");
        assertEquals(null, awaitError(qmp, driver));
    }

    private static List<JsonObject> history(Qmp qmp, String driver) throws IOException {
        List<JsonObject> entries = new ArrayList<>();
        qmp.execute("{'execute': 'query-driver-upgrades'}").getAsJsonArray().forEach(e -> {
            if (e.getAsJsonObject().get("driver").getAsString().equals(driver)) {
                entries.add(e.getAsJsonObject());
            }
        });
        return entries;
    }

    private static void printPauses(Qmp qmp, String driver) throws IOException {
        List<Double> pauses = new ArrayList<>(history(qmp, driver).stream()
                .map(e -> e.get("pause-max-ns").getAsLong() / 1e6).sorted().toList());
        System.out.printf("%s: %d upgrades, pause p50 %.1f ms, p99 %.1f ms%n", driver,
                pauses.size(), pauses.get(pauses.size() / 2),
                pauses.get(pauses.size() * 99 / 100));
    }

    /** What must not grow. */
    private record Footprint(long loaders, int fds, int threads) {
        static Footprint of(Daemon daemon) throws Exception {
            Path proc = Path.of("/proc", Long.toString(daemon.pid()));
            String jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
            String pid = Long.toString(daemon.pid());
            for (int i = 0; i < 3; i++) {
                Command.run(jcmd, pid, "GC.run");
                Thread.sleep(200);
            }
            long loaders = Command.run(jcmd, pid, "VM.classloader_stats").out().lines()
                    .filter(line -> line.contains("BundleClassLoader")).count();
            return new Footprint(loaders, count(proc.resolve("fd")), count(proc.resolve("task")));
        }

        private static int count(Path entries) throws IOException {
            try (Stream<Path> list = Files.list(entries)) {
                return (int) list.count();
            }
        }
    }

    @Test
    void driversAreExchangedUnderLoadAndNothingLeaks() throws Exception {
        Disk disk = Disk.create(folder, "qcow2", BYTES);
        try (Daemon daemon = start(disk); Qmp qmp = Qmp.connect(folder.resolve("qmp.sock"))) {
            int seconds = SECONDS_AROUND + UPGRADES;
            CompletableFuture<Command> format = verify("q.sock", seconds);
            CompletableFuture<Command> plain = verify("r.sock", seconds);
            for (int i = 0; i < UPGRADES; i++) {
                for (String driver : List.of("qcow2", "file", "raw", "null-co")) {
                    upgrade(qmp, driver);
                }
            }
            assertGood(format);
            assertGood(plain);
            for (String driver : List.of("qcow2", "file", "raw", "null-co")) {
                assertEquals(UPGRADES, history(qmp, driver).size(), driver);
                printPauses(qmp, driver);
            }
            Footprint before = Footprint.of(daemon);
            for (int i = 0; i < UPGRADES; i++) {
                upgrade(qmp, "qcow2");
                upgrade(qmp, "file");
            }
            Footprint after = Footprint.of(daemon);
            // fewer is no leak: what the start left behind may be collected meanwhile
            assertTrue(after.loaders <= before.loaders, before + " " + after);
            assertTrue(after.fds <= before.fds, before + " " + after);
            assertTrue(after.threads <= before.threads + 4, before + " " + after);
            assertEquals(0, daemon.stop(), daemon.err());
        }
        Command check = Command.run("qemu-img", "check", disk.image().toString());
        assertEquals(0, check.exitCode(), check.out() + check.err());
    }

    @Test
    void aDriverThatIsUpdatedOrStoppedKeepsRequestsWaitingUntilItIsBack() throws Exception {
        Disk disk = Disk.create(folder, "qcow2", BYTES);
        try (Daemon daemon = start(disk); Qmp qmp = Qmp.connect(folder.resolve("qmp.sock"))) {
            upgrade(qmp, "qcow2");
            upgrade(qmp, "file");
            long format = history(qmp, "qcow2").getLast().get("new-bundle-id").getAsLong();
            long file = history(qmp, "file").getLast().get("new-bundle-id").getAsLong();
            CompletableFuture<Command> load = verify("q.sock", SECONDS_AROUND + 5);
            shell(daemon, "felix:update " + format + "; felix:update " + file);
            qmp.awaitEvent("DRIVER_RESTORED", "file");
            shell(daemon, "felix:stop " + file + "; felix:stop " + format);
            qmp.awaitEvent("DRIVER_MISSING", "qcow2");
            assertTrue(qmp.answer("{'execute': 'block_resize', 'arguments': {'node-name': 'q',"
                    + " 'size': 1048576}}").toString().contains("is missing"));
            qmp.execute("{'execute': 'query-named-block-nodes'}");
            shell(daemon, "felix:start " + format + "; felix:start " + file);
            qmp.awaitEvent("DRIVER_RESTORED", "qcow2");
            assertGood(load);
            shell(daemon, "felix:stop " + format);
            assertEquals(0, daemon.stop(), "ends while a node is held: " + daemon.err());
        }
        Command check = Command.run("qemu-img", "check", disk.image().toString());
        assertEquals(0, check.exitCode(), check.out() + check.err());
    }

    private static void shell(Daemon daemon, String line) throws Exception {
        Command done = Command.backplane("shell", "--data", daemon.data().toString(), "-c", line);
        assertEquals(0, done.exitCode(), done.out() + done.err());
    }

    @Test
    void upgradesThatArePendingEndTogetherOrGoBack() throws Exception {
        Disk disk = Disk.create(folder, "qcow2", BYTES);
        try (Daemon daemon = start(disk); Qmp qmp = Qmp.connect(folder.resolve("qmp.sock"))) {
            upgrade(qmp, "qcow2");
            long original = history(qmp, "qcow2").getLast().get("new-bundle-id").getAsLong();
            CompletableFuture<Command> load = verify("q.sock", SECONDS_AROUND);
            String group = ", 'group': 'g', 'auto-finalize': false";
            for (String verb : List.of("cancel", "finalize")) {
                start(qmp, "qcow2", group);
                start(qmp, "file", group);
                awaitState(qmp, "qcow2", "pending");
                awaitState(qmp, "file", "pending");
                job(qmp, verb, "file");
                for (String driver : List.of("qcow2", "file")) {
                    assertEquals(verb.equals("cancel") ? "Operation canceled" : null,
                            awaitError(qmp, driver));
                }
                long now = history(qmp, "qcow2").getLast().get("new-bundle-id").getAsLong();
                assertEquals(verb.equals("cancel"), now == original, verb);
            }
            qmp.execute("{'execute': 'driver-upgrade', 'arguments': {'driver': 'qcow2',"
                    + " 'bundle': '/none.jar', 'auto-dismiss': false}}");
            assertTrue(awaitError(qmp, "qcow2").contains("/none.jar"));
            assertGood(load);
            assertEquals(0, daemon.stop(), daemon.err());
        }
    }

    @Test
    void aJarThatIsNoGoodIsRefusedBeforeAnythingIsDrained() throws Exception {
        Disk disk = Disk.create(folder, "qcow2", BYTES);
        try (Daemon daemon = start(disk); Qmp qmp = Qmp.connect(folder.resolve("qmp.sock"))) {
            Path part = Files.write(folder.resolve("half.jar"),
                    Arrays.copyOf(Files.readAllBytes(jar("qcow2")), 20_000));
            refused(qmp, part, "it is no jar file, or was copied in part");
            refused(qmp, new BundleJar("io.backplane.driver.qcow2", "0.9.0")
                    .header("Require-Capability",
                            "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\""),
                    "it needs Java 99");
            refused(qmp, new BundleJar("io.backplane.driver.qcow2", "0.9.0").header(
                    "Import-Package", "io.backplane.block.spi;version=\"[2,3)\",io.backplane.blk"),
                    "it needs the package io.backplane.block.spi in version [2.0.0,3.0.0), but"
                    + " there is only version 1.0.0 of io.backplane.block 0.1.0; it needs the"
                    + " package io.backplane.blk, which no bundle offers");
            refused(qmp, new BundleJar("violator", "1.0.0").header("Import-Package",
                    "io.backplane.aio,io.backplane.block.graph").source("violator.V", """
                    package violator;
                    final class V {
                        @io.backplane.aio.IoCode
                        void work(io.backplane.block.graph.BlockGraph graph) {
                            graph.find("disk");
                        }
                    }
                    """), "violator.V.work (V.java:5) is @IoCode but calls");
            refused(qmp, new BundleJar("thief", "1.0.0").header("Export-Package",
                    "io.backplane.block.spi;version=\"1.0.0\""), "it exports the package"
                    + " io.backplane.block.spi, which");
            refused(qmp, new BundleJar("part", "1.0.0").header("Fragment-Host",
                    "io.backplane.graph"), "it is a fragment, which cannot be started");
            refused(qmp, new BundleJar("thrower", "1.0.0").header("Bundle-Activator",
                    "thrower.Activator").header("Import-Package", "org.osgi.framework")
                    .source("thrower.Activator", """
                    package thrower;
                    public final class Activator implements org.osgi.framework.BundleActivator {
                        public void start(org.osgi.framework.BundleContext context) {
                            throw new IllegalStateException("no disk");
                        }
                        public void stop(org.osgi.framework.BundleContext context) { }
                    }
                    """), "its activator threw java.lang.IllegalStateException: no disk, at"
                    + " thrower.Activator.start");
            assertEquals("Bundle '" + jar("raw") + "' is refused: it has no driver 'qcow2'",
                    refusal(qmp, "driver", "qcow2", jar("raw")));
            assertEquals("Bundle '" + jar("raw") + "' is refused: its manifest says that it offers"
                    + " other services, and no io.backplane.virtio.device.VirtioDeviceModel",
                    refusal(qmp, "device", "virtio-blk", jar("raw")));
            BundleJar idle = new BundleJar("idle", "1.0.0");
            assertTrue(refusal(qmp, "device", "virtio-blk", idle.write(folder.resolve("idle.jar")))
                    .endsWith("is refused: it has no device model 'virtio-blk'"));
            JsonObject deploy = qmp.answer("{'execute': 'deploy', 'arguments': {'file': '" + part
                    + "', 'dry-run': true}}");
            assertTrue(deploy.toString().contains("it is no jar file, or was copied in part"));

            start(qmp, "qcow2", ", 'auto-finalize': false");
            awaitState(qmp, "qcow2", "pending");
            job(qmp, "cancel", "qcow2");
            assertEquals("Operation canceled", awaitError(qmp, "qcow2"));
            assertEquals("", daemon.err());
            assertEquals(0, daemon.stop(), daemon.err());
        }
    }

    private void refused(Qmp qmp, BundleJar jar, String reason) throws Exception {
        refused(qmp, jar.write(folder.resolve("made.jar")), reason);
    }

    /** Both kinds of upgrades refuse it in the same words. */
    private static void refused(Qmp qmp, Path jar, String reason) throws Exception {
        for (String[] what : new String[][] {{"driver", "qcow2"}, {"device", "virtio-blk"}}) {
            String error = refusal(qmp, what[0], what[1], jar);
            assertTrue(error.startsWith("Bundle '" + jar + "' is refused: " + reason), error);
        }
        assertEquals(List.of(), history(qmp, "qcow2"));
    }

    private static String refusal(Qmp qmp, String kind, String name, Path jar) throws Exception {
        qmp.execute("{'execute': '" + kind + "-upgrade', 'arguments': {'driver': '" + name
                + "', 'bundle': '" + jar + "', 'auto-dismiss': false}}");
        return awaitError(qmp, name);
    }
}
