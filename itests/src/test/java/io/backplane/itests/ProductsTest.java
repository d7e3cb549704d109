package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each product, and each feature alone, assembled and started. */
class ProductsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"core", "drivers", "exports", "control", "deploy", "shell",
        "storage-daemon", "minimal-blk", "full"})
    void bootsClean(String feature) throws Exception {
        Path dist = folder.resolve("dist");
        Command command = Assembler.run("--feature", feature, "--bundle", probe().toString(),
                "-o", dist.toString());
        assertEquals(0, command.exitCode(), command.err());

        try (Daemon daemon = Daemon.startIn(dist, Map.of(), hasDrivers(dist)
                ? new String[0] : new String[] {"--object", "iothread,id=io0"})) {
            Path probe = daemon.data().resolve("probe");
            for (int i = 0; i < 500 && !Files.exists(probe); i++) {
                Thread.sleep(20);
            }
            assertEquals(List.of(), Files.readAllLines(probe));
            assertEquals(0, daemon.stop());
            assertEquals("", daemon.err());
        }
    }

    /** Without drivers and with control there is nothing to serve by default. */
    private static boolean hasDrivers(Path dist) throws Exception {
        String list = Files.readString(dist.resolve("etc/start.list"));
        return list.contains("driver.file") || !list.contains("control");
    }

    @Test
    void controlWithoutDriversSaysSo() throws Exception {
        Path dist = folder.resolve("dist");
        assertEquals(0, Assembler.run("--feature", "control", "-o", dist.toString()).exitCode());

        Command run = Command.run(dist.resolve("backplane").toString(), "run", "--data",
                folder.resolve("data").toString());

        assertEquals(1, run.exitCode());
        assertEquals("backplane: (embedded default): this distribution has no driver 'file' for a"
                + " disk of its own; give options that say what to serve\n", run.err());
    }

    @Test
    void everyFeatureIsBooted() throws Exception {
        List<String> booted = List.of(ProductsTest.class.getDeclaredMethod("bootsClean",
                String.class).getAnnotation(ValueSource.class).strings());
        try (Stream<Path> files = Files.list(BuiltBundle.root().resolve("features"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
                String name = file.getFileName().toString().replace(".json", "");
                if (Files.readString(file).contains("\"bundles\"")) {
                    assertTrue(booted.contains(name), name);
                }
            }
        }
    }

    @Test
    void minimalServesARawFileAndSaysWhatItLacks() throws Exception {
        Path dist = folder.resolve("dist");
        assertEquals(0, Assembler.run("--feature", "minimal-blk", "-o", dist.toString())
                .exitCode());
        String script = dist.resolve("backplane").toString();
        assertTrue(Command.run(script, "--version").out().endsWith(" (minimal-blk)\n"));
        Command img = Command.run(script, "img", "info", "x");
        assertEquals(1, img.exitCode());
        assertTrue(img.err().startsWith("backplane: 'img' is not part of this distribution"
                + " (minimal-blk)"), img.err());
        Command kit = Command.run(script, "new", "driver", "x");
        assertEquals(1, kit.exitCode());
        assertTrue(kit.err().contains("assembled with --feature kit"), kit.err());

        try (Daemon daemon = Daemon.startIn(dist, Map.of())) {
            Command verify = Command.backplane("guest", "--socket",
                    daemon.data().resolve("disk.sock").toString(), "verify", "--time", "0.3");
            assertEquals(0, verify.exitCode(), verify.out() + verify.err());
            try (Qmp qmp = Qmp.connect(daemon.data().resolve("qmp.sock"))) {
                String nodes = qmp.execute("{'execute': 'query-named-block-nodes'}").toString();
                assertTrue(nodes.contains("\"drv\":\"raw\""), nodes);
            }
            assertEquals(0, daemon.stop());
            assertEquals("", daemon.err());
        }
    }

    /** With -XX:AOTMode=on the JVM refuses to start without the cache. */
    @Test
    void packedRuntimeNeedsNoJavaAndTrainsItsCache() throws Exception {
        Path dist = folder.resolve("dist");
        Command command = Assembler.run("--feature", "minimal-blk", "--jlink", "-o",
                dist.toString());
        assertEquals(0, command.exitCode(), command.err());
        String script = dist.resolve("backplane").toString();

        Command train = Command.run("env", "-i", "PATH=/usr/bin:/bin", "JAVA_HOME=/nonexistent",
                script, "--train");

        assertEquals("", train.err());
        Map<String, String> environment = Map.of("JAVA_HOME", "/nonexistent",
                "BACKPLANE_JVM_OPTS", "-XX:AOTMode=on");
        try (Daemon daemon = Daemon.startIn(dist, environment)) {
            assertEquals(dist.resolve("runtime/bin/java").toRealPath(),
                    Path.of("/proc/" + daemon.pid() + "/exe").toRealPath());
            assertEquals(0, daemon.stop());
            assertEquals("", daemon.err());
        }
    }

    private Path probe() throws Exception {
        return SmallBundle.write(folder.resolve("probe.jar"), Map.of(
                "Bundle-SymbolicName", "probe", "Bundle-Activator", BootProbe.class.getName(),
                "Import-Package", "org.osgi.framework,org.osgi.framework.dto,"
                        + "org.osgi.service.component.runtime,"
                        + "org.osgi.service.component.runtime.dto"),
                List.of(BootProbe.class));
    }
}
