package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles that arrive, change, are refused and leave while the daemon runs. */
class DeployTest {
    private static final String API = "io.backplane.block.spi;version=\"[1,2)\","
            + "io.backplane.block;version=\"[1,2)\",io.backplane.schema;version=\"[1,2)\","
            + "org.osgi.framework";
    private static final String DRIVER = """
            package hello;
            import io.backplane.block.*;
            import io.backplane.block.spi.*;
            import java.util.Map;
            import org.osgi.framework.*;
            public final class Activator implements BundleActivator, BlockDriver {
                public void start(BundleContext context) {
                    context.registerService(BlockDriver.class, this,
                            FrameworkUtil.asDictionary(Map.of("backplane.driver", name())));
                }
                public void stop(BundleContext context) { }
                public String name() { return "hello"; }
                public DriverTraits traits() { return DriverTraits.PROTOCOL; }
                public record Options(@io.backplane.schema.Option(value = "a size",
                        optional = true) Long size) { }
                public Class<? extends Record> optionsType() { return Options.class; }
                public DriverNode awaitOpen(OpenRequest request) throws BlockException {
                    throw new BlockException(BlockException.Kind.INVALID, "VERSION says no");
                }
            }
            """;
    private static final String ACTIVATOR = """
            package bad;
            import org.osgi.framework.*;
            public final class Activator implements BundleActivator {
                public void start(BundleContext context) throws Exception { START }
                public void stop(BundleContext context) throws Exception { }
            }
            """;

    @TempDir
    private Path folder;

    @Test
    void goodDriverComesIsUpdatedAndGoesUnderLoadAndTwoMonitorsHearOfIt() throws Exception {
        Path second = folder.resolve("second.sock");
        try (Daemon daemon = start(Map.of(), second);
                Qmp first = Qmp.connect(folder.resolve("first.sock"));
                Qmp other = Qmp.connect(second)) {
            CompletableFuture<Command> load = verify();
            Path jar = daemon.data().resolve("deploy/hello.jar");
            driver("1.0.0").write(jar);
            for (Qmp qmp : new Qmp[] {first, other}) {
                JsonObject changed = qmp.awaitEvent("SCHEMA_CHANGED", "hello");
                assertEquals("[{'kind':'block-driver','name':'hello','bundle':'hello',"
                        + "'version':'1.0.0'}]", plain(changed.get("added")));
            }
            assertTrue(first.execute("{'execute': 'query-qmp-schema'}").toString()
                    .contains("\"hello\""));
            assertTrue(add(other).contains("1.0.0 says no"));

            driver("1.1.0").write(jar);
            first.awaitEvent("SCHEMA_CHANGED", "1.1.0");
            assertTrue(add(first).contains("1.1.0 says no"));

            Files.delete(jar);
            other.awaitEvent("SCHEMA_CHANGED", "\"added\":[],\"removed\":[{\"kind\":"
                    + "\"block-driver\",\"name\":\"hello\",\"bundle\":\"hello\","
                    + "\"version\":\"1.1.0\"");
            assertFalse(first.execute("{'execute': 'query-qmp-schema'}").toString()
                    .contains("\"hello\""));
            assertTrue(add(other).contains("hello"), "unknown driver");

            Command verified = load.get();
            assertEquals(0, verified.exitCode(), verified.err());
            assertEquals("", daemon.err());
        }
    }

    @Test
    void whatIsNoGoodIsRefusedInOneSentenceAndNothingElseHappens() throws Exception {
        try (Daemon daemon = start(Map.of("BACKPLANE_JVM_OPTS",
                "-Dbackplane.deploy.timeout-ms=500"), null);
                Qmp qmp = Qmp.connect(folder.resolve("first.sock"))) {
            refused(daemon, qmp, "garbage.jar", "it is no jar file", "not-a-bundle", "junk"
                    .getBytes());
            byte[] whole = Files.readAllBytes(driver("1.0.0").write(folder.resolve("x.jar")));
            refused(daemon, qmp, "half.jar", "copied in part", "not-a-bundle",
                    Arrays.copyOf(whole, whole.length / 2));
            refused(daemon, qmp, new BundleJar("far", "1.0.0").header("Import-Package",
                    "io.backplane.block;version=\"[2,3)\",io.backplane.blok.spi"),
                    "it needs the package io.backplane.block in version [2.0.0,3.0.0), but there"
                    + " is only version 1.0.0 of io.backplane.block 0.1.0; it needs the package"
                    + " io.backplane.blok.spi, which no bundle offers (nearest:"
                    + " io.backplane.block.spi", "unresolved");
            refused(daemon, qmp, new BundleJar("late", "1.0.0").header("Require-Capability",
                    "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\""), "it needs Java 99",
                    "execution-environment");
            byte[] later = new byte[16];
            System.arraycopy(new byte[] {(byte) 0xca, (byte) 0xfe, (byte) 0xba, (byte) 0xbe, 0, 0,
                0, 99}, 0, later, 0, 8);
            refused(daemon, qmp, new BundleJar("later", "1.0.0").entry("a/B.class", later),
                    "its class a.B is compiled for Java 55", "execution-environment");
            refused(daemon, qmp, bad("boom", "throw new IllegalStateException(\"no disk\");"),
                    "its activator threw java.lang.IllegalStateException: no disk, at"
                    + " bad.Activator.start(Activator.java:4)", "activation");
            refused(daemon, qmp, component(), "the activation of its component bad.Part threw"
                    + " java.lang.IllegalStateException: no luck, at bad.Part.activate",
                    "activation");
            refused(daemon, qmp, new BundleJar("io.backplane.block", "0.2.0").header(
                    "Export-Package", "io.backplane.block;version=\"2.0.0\""),
                    "would no longer resolve, for they need the package io.backplane.block",
                    "would-restart");
            refused(daemon, qmp, new BundleJar("io.backplane.driver.raw", "0.1.0"),
                    "this version is installed already, from the distribution", "duplicate");
            refused(daemon, qmp, bad("sleepy", "Thread.sleep(100_000);"), "its start did not"
                    + " return within 500 ms, in bad.Activator.start (Activator.java:4)", "hung");

            assertFalse(daemon.err().contains("\tat "), daemon.err());
            assertEquals(10, daemon.err().lines().count(), daemon.err());
            String deployments = qmp.execute("{'execute': 'query-deployments'}").toString();
            assertEquals(10, deployments.split("\"state\":\"refused\"", -1).length - 1);
        }
    }

    @Test
    void updateThatFailsLeavesTheFormerVersionRunning() throws Exception {
        try (Daemon daemon = start(Map.of(), null);
                Qmp qmp = Qmp.connect(folder.resolve("first.sock"))) {
            Path jar = daemon.data().resolve("deploy/hello.jar");
            driver("1.0.0").write(jar);
            qmp.awaitEvent("SCHEMA_CHANGED", "hello");
            driver("1.1.0").source("hello.Activator", DRIVER.replace("context.registerService",
                    "if (true) throw new IllegalStateException(\"not today\");"
                    + " context.registerService")).write(jar);
            JsonObject refused = qmp.awaitEvent("BUNDLE_REFUSED", "not today");

            assertEquals("1.0.0", refused.get("running").getAsString());
            assertTrue(add(qmp).contains("1.0.0 says no"));
        }
    }

    @Test
    void dryRunTellsWhatWouldRestartAndChangesNothing() throws Exception {
        try (Daemon daemon = start(Map.of(), null);
                Qmp qmp = Qmp.connect(folder.resolve("first.sock"))) {
            Path api = new BundleJar("io.backplane.block", "0.2.0").header("Export-Package",
                    "io.backplane.block;version=\"1.1.0\"").write(folder.resolve("api.jar"));
            JsonObject plan = qmp.execute("{'execute': 'deploy', 'arguments': {'file': '" + api
                    + "', 'dry-run': true}}").getAsJsonObject();

            assertEquals("io.backplane.block 0.1.0", plan.get("replaces").getAsString());
            assertTrue(plan.get("restart").toString().contains("io.backplane.graph 0.1.0"));
            assertFalse(plan.get("done").getAsBoolean());
            assertTrue(qmp.answer("{'execute': 'deploy', 'arguments': {'file': '" + api
                    + "', 'force': true}}").toString().contains("restart of the daemon"));

            Path good = driver("1.0.0").write(folder.resolve("hello.jar"));
            qmp.execute("{'execute': 'deploy', 'arguments': {'file': '" + good + "'}}");
            assertTrue(add(qmp).contains("1.0.0 says no"));
            assertTrue(Files.exists(daemon.data().resolve("deploy/hello.jar")));
            qmp.execute("{'execute': 'undeploy', 'arguments': {'file': 'hello.jar'}}");
            assertFalse(Files.exists(daemon.data().resolve("deploy/hello.jar")));
            assertFalse(add(qmp).contains("says no"));
        }
    }

    @Test
    void refusedAndHungJarsInTheFolderDoNotKeepTheDaemonFromStartingOrStopping()
            throws Exception {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.createDirectory(data.resolve("deploy"));
        new BundleJar("needy", "1.0.0").header("Import-Package", "a.b")
                .write(data.resolve("deploy/a.jar"));
        bad("stuck", "while (true) { try { Thread.sleep(100_000); }"
                + " catch (InterruptedException e) { } }").write(data.resolve("deploy/b.jar"));
        new BundleJar("giver", "1.0.0").header("Export-Package", "c.d")
                .write(data.resolve("deploy/z.jar"));
        new BundleJar("taker", "1.0.0").header("Import-Package", "c.d")
                .write(data.resolve("deploy/c.jar"));
        try (Daemon daemon = start(Map.of("BACKPLANE_JVM_OPTS",
                "-Dbackplane.deploy.timeout-ms=300"), null, "--data", data.toString());
                Qmp qmp = Qmp.connect(folder.resolve("first.sock"))) {
            String deployments = qmp.execute("{'execute': 'query-deployments'}").toString();

            assertTrue(deployments.contains("\"file\":\"a.jar\",\"state\":\"refused\""));
            assertTrue(deployments.contains("\"file\":\"b.jar\",\"state\":\"hung\""));
            assertTrue(deployments.contains("\"file\":\"c.jar\",\"state\":\"active\""));
            assertTrue(deployments.contains("\"file\":\"z.jar\",\"state\":\"active\""));
            assertTrue(qmp.execute("{'execute': 'why', 'arguments': {'bundle': 'needy'}}")
                    .toString().contains("it needs the package a.b, which no bundle offers"));
            assertEquals(0, daemon.stop());
        }
    }

    private Daemon start(Map<String, String> environment, Path second, String... more)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(
                "--blockdev", "driver=null-co,node-name=n0,size=64M,read-zeroes=on",
                "--chardev", "socket,id=m1,path=" + folder.resolve("first.sock")
                + ",server=on,wait=off", "--monitor", "chardev=m1"));
        if (second != null) {
            Path disk = folder.resolve("disk.raw");
            try (var file = new java.io.RandomAccessFile(disk.toFile(), "rw")) {
                file.setLength(64 << 20);
            }
            arguments.addAll(List.of("--chardev", "socket,id=m2,path=" + second
                    + ",server=on,wait=off", "--monitor", "chardev=m2", "--blockdev",
                    "driver=file,node-name=disk,filename=" + disk, "--export",
                    "type=vhost-user-blk,id=e0,node-name=disk,writable=on,addr.type=unix,addr.path="
                    + folder.resolve("disk.sock")));
        }
        arguments.addAll(List.of(more));
        return Daemon.startWith(environment, arguments.toArray(new String[0]));
    }

    private CompletableFuture<Command> verify() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Command.backplane("guest", "verify", "--time", "8", "--socket",
                        folder.resolve("disk.sock").toString());
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static BundleJar driver(String version) throws IOException {
        return new BundleJar("hello", version).header("Bundle-Activator", "hello.Activator")
                .header("Import-Package", API)
                .source("hello.Activator", DRIVER.replace("VERSION", version));
    }

    private static BundleJar bad(String name, String start) throws IOException {
        return new BundleJar(name, "1.0.0").header("Bundle-Activator", "bad.Activator")
                .header("Import-Package", "org.osgi.framework")
                .source("bad.Activator", ACTIVATOR.replace("START", start));
    }

    /** The component runtime swallows what its activation throws. */
    private static BundleJar component() throws IOException {
        return new BundleJar("part", "1.0.0").header("Service-Component", "OSGI-INF/part.xml")
                .entry("OSGI-INF/part.xml", """
                        <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0"
                          name="bad.Part" immediate="true" activate="activate">
                          <implementation class="bad.Part"/></scr:component>""".getBytes())
                .source("bad.Part", "package bad; public final class Part { void activate() {"
                        + " throw new IllegalStateException(\"no luck\"); } }");
    }

    private static void refused(Daemon daemon, Qmp qmp, BundleJar jar, String message,
            String kind) throws Exception {
        Path file = jar.write(daemon.work().resolve("made.jar"));
        refused(daemon, qmp, kind + System.nanoTime() + ".jar", message, kind,
                Files.readAllBytes(file));
    }

    private static void refused(Daemon daemon, Qmp qmp, String name, String message, String kind,
            byte[] content) throws Exception {
        Path part = daemon.data().resolve("deploy/" + name + ".part");
        Files.write(part, content);
        Files.move(part, daemon.data().resolve("deploy/" + name));
        JsonObject refused = qmp.awaitEvent("BUNDLE_REFUSED", name);
        assertTrue(refused.get("message").getAsString().contains(message), refused::toString);
        assertEquals(kind, refused.get("kind").getAsString());
    }

    private static String add(Qmp qmp) throws IOException {
        return qmp.answer("{'execute': 'blockdev-add', 'arguments': {'driver': 'hello',"
                + " 'node-name': 'x'}}").toString();
    }

    private static String plain(Object json) {
        return json.toString().replace('"', '\'');
    }
}
