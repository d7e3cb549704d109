package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.rules.Rule;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles that arrive at run time and break their categories. */
class CategoriesGuardTest {
    /** What a daemon that reports to standard error says of the planted bundle. */
    private static final String FAULT = "planted.Activator.work (Activator.java:15) is @IoCode "
            + "but calls io.backplane.block.graph.BlockGraph.find, which is @GlobalState";

    @TempDir
    private Path folder;

    @Test
    @Rule("L3")
    void bundleWhoseIoMethodCallsGlobalStateIsRefused() throws Exception {
        try (Daemon daemon = Daemon.start()) {
            deploy(daemon, "graph.drivers()");
            await(daemon, "planted runs");
            deploy(daemon, "graph.find(\"disk\")");
            await(daemon, "bundle planted 1.0.0 is refused: " + FAULT);
            deploy(daemon, "java.util.List.of(graph).forEach(g -> g.nodes())");
            await(daemon, "BlockGraph.nodes, which is @GlobalState, through a lambda of "
                    + "planted.Activator.work");
            deploy(daemon, """
                    graph.drivers();
                    }
                    @io.backplane.aio.GlobalState @io.backplane.aio.Suspends
                    @io.backplane.aio.GraphWrlock void locked() {
                        graph.awaitDrained(null)""");
            await(daemon, "planted.Activator.locked (Activator.java:19) is @GraphWrlock but calls "
                    + "io.backplane.block.graph.BlockGraph.awaitDrained, which is @GraphUnlocked");

            assertEquals(1, count(daemon, "planted runs"), () -> said(daemon));
            deploy(daemon, "graph.drivers().size()");
            for (int i = 0; i < 600 && count(daemon, "planted runs") < 2; i++) {
                Thread.sleep(50);
            }
            assertEquals(2, count(daemon, "planted runs"), () -> said(daemon));
            assertEquals(0, daemon.stop());
        }
    }

    @Test
    @Rule("L3")
    void lenientOperatorLetsItInAndTheAssertionCatchesIt() throws Exception {
        try (Daemon daemon = Daemon.startWith(
                Map.of("BACKPLANE_JVM_OPTS", "-Dbackplane.categories=lenient"))) {
            deploy(daemon, "graph.find(\"disk\")");
            await(daemon, "bundle planted 1.0.0 breaks its categories and is let in: " + FAULT);
            await(daemon, "planted runs");
            await(daemon, "global state");

            assertTrue(daemon.isAlive());
            assertFalse(said(daemon).contains("refused: " + FAULT), () -> said(daemon));
        }
    }

    @Test
    @Rule("L3")
    void refusedBundleIsJudgedAnewWhenWhoItUsesHasChanged() throws Exception {
        Path api = api("GlobalState");
        compile("""
                package planted;
                public final class Activator implements org.osgi.framework.BundleActivator {
                    public void start(org.osgi.framework.BundleContext context) {
                        System.out.println("planted runs");
                    }
                    public void stop(org.osgi.framework.BundleContext context) { }
                    @io.backplane.aio.IoCode void work() {
                        io.backplane.planted.Api.call();
                    }
                }
                """);
        Path jar = folder.resolve("user.jar");
        write(jar, "io.backplane.planted,org.osgi.framework,io.backplane.aio");
        try (Daemon daemon = Daemon.start("--no-shell")) {
            String provider = shell(daemon, "felix:install " + api.toUri()).replaceAll("\\D", "");
            String user = shell(daemon, "felix:install " + jar.toUri()).replaceAll("\\D", "");
            String other = shell(daemon, "felix:install " + new BundleJar("other", "1.0.0")
                    .header("Import-Package", "io.backplane.aio")
                    .write(folder.resolve("other.jar")).toUri()).replaceAll("\\D", "");
            String refusal = "bundle planted 1.0.0 is refused: planted.Activator.work"
                    + " (Activator.java:8) is @IoCode but calls io.backplane.planted.Api.call,"
                    + " which is @GlobalState";
            String first = shell(daemon, "felix:start " + user);
            assertTrue(first.contains(refusal), first);
            String second = shell(daemon, "felix:start " + user);
            assertTrue(second.contains("Unable to resolve"), second);
            assertFalse(second.contains(refusal), second);
            assertFalse(runs(daemon, user));
            shell(daemon, "felix:start " + other);
            assertTrue(runs(daemon, other), "nobody else is hurt");
            api("AnyThread");
            shell(daemon, "felix:update " + provider + "; felix:start " + user);
            assertTrue(runs(daemon, user));

            api("GlobalState");
            shell(daemon, "felix:stop " + user + "; felix:update " + provider
                    + "; felix:refresh " + provider + "; felix:update " + user);
            shell(daemon, "felix:start " + user);
            assertFalse(runs(daemon, user));
            assertEquals(0, daemon.stop());
        }
    }

    private static boolean runs(Daemon daemon, String bundle) throws Exception {
        return shell(daemon, "felix:lb -s").lines()
                .anyMatch(line -> line.strip().startsWith(bundle + "|Active"));
    }

    private static String shell(Daemon daemon, String line) throws Exception {
        Command done = Command.backplane("shell", "--data", daemon.data().toString(), "-c", line);
        return done.out() + done.err();
    }

    /** A bundle of ours to come, with a method of a category. */
    private Path api(String category) throws IOException {
        return new BundleJar("io.backplane.planted", "1.0.0")
                .header("Export-Package", "io.backplane.planted")
                .header("Import-Package", "io.backplane.aio")
                .source("io.backplane.planted.Api", """
                        package io.backplane.planted;
                        public final class Api {
                            @io.backplane.aio.CATEGORY public static void call() { }
                        }
                        """.replace("CATEGORY", category)).write(folder.resolve("api.jar"));
    }

    private void deploy(Daemon daemon, String call) throws IOException {
        Path jar = folder.resolve("planted.jar");
        String source = """
                package planted;
                import io.backplane.aio.IoCode;
                import io.backplane.block.graph.BlockGraph;
                import org.osgi.framework.*;
                public final class Activator implements BundleActivator {
                    private BlockGraph graph;
                    public void start(BundleContext context) {
                        graph = context.getService(
                                context.getServiceReference(BlockGraph.class));
                        System.out.println("planted runs");
                        work();
                    }
                    public void stop(BundleContext context) { }
                    @IoCode void work() {
                        CALL;
                    }
                }
                """.replace("CALL", call);
        compile(source);
        write(jar);
        // One step, so that the folder never holds half a jar.
        Files.move(jar, daemon.data().resolve("deploy/planted.jar"),
                StandardCopyOption.REPLACE_EXISTING);
    }

    private void compile(String source) throws IOException {
        Path file = Files.writeString(folder.resolve("Activator.java"), source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> tree = Files.walk(Daemon.DIST)) {
            String classPath = tree.map(Path::toString).filter(name -> name.endsWith(".jar"))
                    .collect(Collectors.joining(":")) + ":" + folder.resolve("api.jar");
            assertTrue(compiler.getTask(messages, files, null,
                    List.of("-proc:none", "-d", folder.toString(), "-cp", classPath), null,
                    files.getJavaFileObjects(file)).call(), messages::toString);
        }
    }

    private void write(Path jar) throws IOException {
        write(jar, "io.backplane.block.graph,org.osgi.framework,io.backplane.aio");
    }

    private void write(Path jar, String imports) throws IOException {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", "planted");
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Bundle-Activator", "planted.Activator");
        headers.putValue("Import-Package", imports);
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out, manifest)) {
            entries.putNextEntry(new JarEntry("planted/Activator.class"));
            entries.write(Files.readAllBytes(folder.resolve("planted/Activator.class")));
        }
    }

    private static String said(Daemon daemon) {
        return daemon.out() + daemon.err();
    }

    private static long count(Daemon daemon, String text) {
        return said(daemon).lines().filter(line -> line.contains(text)).count();
    }

    /** Waits until the daemon has said {@code text}. */
    private static void await(Daemon daemon, String text) throws InterruptedException {
        for (int i = 0; i < 600; i++) {
            if (said(daemon).contains(text)) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("no '" + text + "':\n" + said(daemon));
    }
}
