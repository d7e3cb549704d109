package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.backplane.rules.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon tells of waits that cannot end, which a bundle that arrives brings about. */
class DeadlockTest {
    private static final String SOURCE = """
            package stuck;
            import io.backplane.aio.*;
            import io.backplane.block.*;
            import io.backplane.block.backend.BlockBackend;
            import io.backplane.block.graph.*;
            import org.osgi.framework.*;
            public final class Activator implements BundleActivator {
                private AioContext main;
                private BlockGraph graph;
                public void start(BundleContext context) {
                    main = context.getService(
                            context.getServiceReference(EventLoops.class)).main();
                    graph = context.getService(context.getServiceReference(BlockGraph.class));
                    main.schedule(this::begin);
                }
                public void stop(BundleContext context) { }
                @GlobalState void begin() {
                    BODY
                }
            }
            """;
    private static final String CROSSWISE = """
                    CoMutex red = new CoMutex("the red lock");
                    CoMutex blue = new CoMutex("the blue lock");
                    main.spawn(() -> awaitBoth(red, blue));
                    main.spawn(() -> awaitBoth(blue, red));
                }
                @IoCode @Suspends void awaitBoth(CoMutex first, CoMutex second) {
                    first.awaitLock();
                    Coroutine.awaitYield();
                    System.out.println("stuck at " + System.currentTimeMillis());
                    second.awaitLock();
            """;
    private static final String OWN_DRAIN = """
                    main.spawn(this::awaitItself);
                }
                @GlobalState @Suspends @GraphUnlocked void awaitItself() {
                    try {
                        BlockBackend disk = graph.awaitAttach("forgetful",
                                new BlockdevRef.ByName("disk"), new Permissions(
                                BlockPermission.CONSISTENT_READ.bit(), Permissions.ALL), main);
                        graph.awaitDrained(graph.find("disk"), "forgotten");
                        System.out.println("stuck at " + System.currentTimeMillis());
                        disk.flush();
                    } catch (BlockException e) {
                        System.out.println(e);
                    }
            """;
    private static final String NEVER_DONE = """
                    main.spawn(this::awaitForEver);
                }
                @GlobalState @Suspends @GraphUnlocked void awaitForEver() {
                    try {
                        BlockBackend disk = graph.awaitAttach("endless",
                                new BlockdevRef.ByName("disk"), new Permissions(
                                BlockPermission.CONSISTENT_READ.bit(), Permissions.ALL), main);
                        disk.incrementInFlight();
                        Coroutine.current().carry(disk, "read", 4096, 512);
                        main.spawn(this::awaitDrain);
                        Coroutine.suspend();
                    } catch (BlockException e) {
                        System.out.println(e);
                    }
                }
                @GlobalState @Suspends @GraphUnlocked void awaitDrain() {
                    System.out.println("stuck at " + System.currentTimeMillis());
                    graph.awaitDrained(graph.find("disk"), "a reconfiguration").close();
            """;
    private static final long LIMIT_MS = Duration.ofSeconds(2).toMillis();

    @TempDir
    private Path folder;

    private Daemon start() throws IOException, InterruptedException {
        return Daemon.startWith(
                Map.of("BACKPLANE_JVM_OPTS", "-Dbackplane.drain.deadline-ms=700"
                        + " -Dbackplane.timers.periodic=on"),
                "--blockdev", "driver=null-co,node-name=disk,size=1048576",
                "--chardev", "socket,id=qmp,path=" + folder.resolve("qmp.sock")
                        + ",server=on,wait=off", "--monitor", "chardev=qmp");
    }

    private Qmp connect() throws IOException {
        return Qmp.connect(folder.resolve("qmp.sock"));
    }

    private void deploy(Daemon daemon, String body) throws IOException {
        new BundleJar("stuck", "1.0.0").header("Bundle-Activator", "stuck.Activator")
                .header("Import-Package", "io.backplane.aio,io.backplane.block,"
                        + "io.backplane.block.backend,io.backplane.block.graph,"
                        + "org.osgi.framework")
                .source("stuck.Activator", SOURCE.replace("BODY", body.strip()))
                .write(daemon.data().resolve("deploy/stuck.jar"));
    }

    /** Within two seconds, by the clock of the daemon. */
    private static JsonObject awaitSoon(Daemon daemon, Qmp qmp, String event, String part)
            throws Exception {
        JsonObject data;
        try {
            data = qmp.awaitEvent(event, part);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + daemon.out() + daemon.err(), e);
        }
        long began = daemon.out().lines().filter(line -> line.contains("stuck at "))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".*stuck at ", "").strip()))
                .max().orElseThrow();
        JsonObject at = qmp.lastTimestamp();
        long took = at.get("seconds").getAsLong() * 1000
                + at.get("microseconds").getAsLong() / 1000 - began;
        System.out.println(event + " after " + took + " ms");
        assertTrue(took <= LIMIT_MS, () -> event + " came " + took + " ms after the cycle");
        return data;
    }

    private static void assertLogged(Daemon daemon, String... parts) {
        List<String> lines = (daemon.out() + daemon.err()).lines().toList();
        assertTrue(lines.stream().anyMatch(line -> List.of(parts).stream()
                .allMatch(line::contains)), () -> String.join("\n", lines));
    }

    @Test
    @Rule("E6")
    void locksTakenCrosswiseAreToldWithTheirEdges() throws Exception {
        try (Daemon daemon = start(); Qmp qmp = connect()) {
            deploy(daemon, CROSSWISE);
            JsonObject data = awaitSoon(daemon, qmp, "DEADLOCK_DETECTED", "the red lock");
            assertEquals(2, data.getAsJsonArray("edges").size());
            assertTrue(data.toString().contains("waits for the blue lock, held up by "),
                    data::toString);
            assertLogged(daemon, "deadlock: ", "waits for the red lock, held up by ",
                    "waits for the blue lock, held up by ");
            qmp.execute("{'execute': 'query-version'}");
        }
    }

    @Test
    @Rule({"E6", "D11"})
    void requestInsideItsOwnDrainIsToldWithItsEdge() throws Exception {
        try (Daemon daemon = start(); Qmp qmp = connect()) {
            deploy(daemon, OWN_DRAIN);
            JsonObject data = awaitSoon(daemon, qmp, "DEADLOCK_DETECTED",
                    "the end of the drain of block device 'forgetful'");
            assertEquals(1, data.getAsJsonArray("edges").size());
            assertLogged(daemon, "deadlock: ", "block device 'forgetful'");
            assertTrue(qmp.execute("{'execute': 'query-drain'}").toString()
                    .contains("\"forgotten\""));
        }
    }

    @Test
    @Rule("E6")
    void drainThatWaitsTooLongIsToldWithWhatItWaitsFor() throws Exception {
        try (Daemon daemon = start(); Qmp qmp = connect()) {
            deploy(daemon, NEVER_DONE);
            JsonObject data = awaitSoon(daemon, qmp, "DRAIN_STALLED", "a reconfiguration");
            assertTrue(data.get("waits-for").toString().contains(
                    "read of 512 bytes at 4096 on node 'disk' by 'endless', suspended"),
                    data::toString);
            assertLogged(daemon, "(a reconfiguration) waits since ", "by 'endless'");
        }
    }
}
