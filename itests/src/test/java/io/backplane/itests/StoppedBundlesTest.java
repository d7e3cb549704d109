package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import io.backplane.tool.guest.ExpectedContents;
import io.backplane.tool.guest.VerifyLoad;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every bundle of the distribution is stopped and started under a verifying guest, in a random
 * order. Drivers and device models are missed for a moment; what goes with others (the monitor's
 * sockets, say, or all nodes with the graph or the event loops) the daemon makes again of its
 * command line, and the guest reconnects. No request fails, and what was written is there.
 * {@code -Dbackplane.stop.rounds} makes it long.
 */
class StoppedBundlesTest {
    private static final int ROUNDS = Integer.getInteger("backplane.stop.rounds", 1);

    @TempDir
    private Path folder;

    private final List<String> steps = new ArrayList<>();
    private CompletableFuture<VerifyLoad.Result> result;

    /** A bundle of the test inside the daemon that stops and starts others. */
    private static final class Stopper implements AutoCloseable {
        private final SocketChannel channel;
        private final BufferedReader answers;

        private Stopper(SocketChannel channel) {
            this.channel = channel;
            answers = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel),
                    StandardCharsets.UTF_8));
        }

        /** By the shell: the folder of deployed bundles belongs to one that will be stopped. */
        static Stopper install(Path jar, Path socket, String shell)
                throws IOException, InterruptedException {
            new BundleJar("stopper", "1.0.0").header("Bundle-Activator", "stopper.Activator")
                    .header("Import-Package", "org.osgi.framework")
                    .source("stopper.Activator", SOURCE.replace("SOCKET", socket.toString()))
                    .write(jar);
            Command started = Command.backplane("shell", "--socket", shell, "-c",
                    "felix:start file:" + jar);
            assertEquals(0, started.exitCode(), started.out() + started.err());
            return connect(socket);
        }

        private static Stopper connect(Path socket) throws IOException, InterruptedException {
            for (int i = 0; i < 500 && !Files.exists(socket); i++) {
                Thread.sleep(20);
            }
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(socket));
            return new Stopper(channel);
        }

        String ask(String command) throws IOException {
            channel.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8)));
            String answer = answers.readLine();
            if (answer == null) {
                throw new IOException("the daemon ended at " + command);
            }
            return answer;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private List<String> arguments() {
        return List.of("--data", path("data"), "--no-shell", "--chardev",
                "socket,id=m,path=" + path("qmp") + ",server=on,wait=off", "--monitor", "m",
                "--object", "iothread,id=io0",
                "--blockdev", "driver=file,node-name=file,discard=unmap,filename="
                + path("disk.qcow2"),
                "--blockdev", "driver=qcow2,node-name=disk,file=file,discard=unmap",
                "--export", "type=vhost-user-blk,id=e,node-name=disk,writable=on,num-queues=2,"
                + "iothread=io0,addr.type=unix,addr.path=" + path("disk.sock"));
    }

    @Test
    void noBundleThatStopsUnderLoadLosesAWrite() throws Exception {
        underLoad((stopper, seed) -> {
            for (int round = 0; round < ROUNDS; round++) {
                for (String bundle : shuffled(bundles(stopper), seed + round)) {
                    stopAndStart(stopper, List.of(bundle));
                }
            }
        });
    }

    /** The second one stops while the first is away; the one that stopped first starts first. */
    @Test
    void noTwoBundlesThatStopUnderLoadLoseAWrite() throws Exception {
        underLoad((stopper, seed) -> {
            for (int round = 0; round < ROUNDS; round++) {
                List<String> all = shuffled(bundles(stopper), seed + round);
                for (int i = 0; i + 1 < all.size(); i += 2) {
                    stopAndStart(stopper, all.subList(i, i + 2));
                }
            }
        });
    }

    private interface Stops {
        void run(Stopper stopper, long seed) throws Exception;
    }

    private void underLoad(Stops stops) throws Exception {
        long seed = BackEndScenarios.seed();
        Disk disk = Disk.create(folder, "qcow2", 64 << 20);
        VerifyLoad load = new VerifyLoad(900, 4, 32 << 10, false, false, Integer.MAX_VALUE, false);
        try (Daemon daemon = Daemon.start(arguments().toArray(String[]::new));
                Stopper stopper = Stopper.install(folder.resolve("stopper.jar"),
                        folder.resolve("stopper"), path("data/shell.sock"));
                GuestDevice guest = GuestDevice.connect(load.device(DeviceOptions.of(
                        path("disk.sock")).withQueues(2, 128)
                        .withTimeouts(30_000_000_000L, 60_000_000_000L)))) {
            ExpectedContents contents = load.unknown(guest, seed);
            AtomicBoolean enough = new AtomicBoolean();
            result = CompletableFuture.supplyAsync(
                    () -> BackEndScenarios.run(load, guest, contents, enough),
                    body -> Thread.ofPlatform().daemon().start(body));
            Thread.sleep(1500); // the guest has started its rings
            try {
                stops.run(stopper, seed);
            } catch (Exception | AssertionError e) {
                System.out.println(story(daemon));
                throw e;
            } finally {
                enough.set(true);
            }
            VerifyLoad.Result outcome = result.get(90, TimeUnit.SECONDS);
            assertTrue(outcome.isGood(), outcome + "\n" + story(daemon));
            assertEquals(0, daemon.stop(), daemon.err());
        }
        Command check = Command.run("qemu-img", "check", disk.image().toString());
        assertEquals(0, check.exitCode(), check.out() + check.err());
    }

    private String story(Daemon daemon) {
        return String.join("\n", steps) + "\n" + daemon.err();
    }

    private void stopAndStart(Stopper stopper, List<String> bundles) throws Exception {
        for (String bundle : bundles) {
            ask(stopper, "stop", bundle);
            Thread.sleep(50);
        }
        for (String bundle : bundles) {
            ask(stopper, "start", bundle);
        }
        awaitExport(bundles);
        Thread.sleep(50);
        if (result.isDone()) {
            throw new AssertionError("the load ended after a stop of " + bundles + ": "
                    + result.handle((r, e) -> r + " " + e).get(),
                    result.isCompletedExceptionally() ? result.exceptionNow() : null);
        }
    }

    private void ask(Stopper stopper, String what, String bundle) throws IOException {
        steps.add(LocalTime.now() + " " + what + " " + bundle);
        assertEquals("done", stopper.ask(what + " " + bundle.split(" ")[0]), bundle);
    }

    /** The command line is executed again by itself, if it was undone. */
    private void awaitExport(List<String> stopped) throws Exception {
        Object last = null;
        for (int i = 0; i < 300; i++) {
            try (Qmp qmp = Qmp.connect(folder.resolve("qmp"))) {
                JsonElement exports = qmp.execute("{'execute': 'query-block-exports'}");
                if (exports.toString().contains("\"shutting-down\":false")) {
                    return;
                }
                last = exports;
            } catch (IOException | AssertionError e) {
                last = e;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("no export after a stop of " + stopped + ": " + last);
    }

    private static List<String> bundles(Stopper stopper) throws IOException {
        List<String> bundles = new ArrayList<>(List.of(stopper.ask("list").split(",")));
        bundles.removeIf(String::isEmpty);
        return bundles;
    }

    private static List<String> shuffled(List<String> all, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = all.size() - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            all.set(i, all.set(other, all.get(i)));
        }
        return all;
    }

    private static final String SOURCE = """
            package stopper;
            import java.io.*;
            import java.net.*;
            import java.nio.ByteBuffer;
            import java.nio.channels.*;
            import java.nio.file.Path;
            import org.osgi.framework.*;
            public final class Activator implements BundleActivator {
                private BundleContext context;
                public void start(BundleContext given) throws Exception {
                    context = given;
                    ServerSocketChannel server =
                            ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                    server.bind(UnixDomainSocketAddress.of(Path.of("SOCKET")));
                    Thread.ofPlatform().daemon().start(() -> serve(server));
                }
                public void stop(BundleContext given) { }
                private void serve(ServerSocketChannel server) {
                    try (SocketChannel channel = server.accept();
                            BufferedReader lines = new BufferedReader(new InputStreamReader(
                                    Channels.newInputStream(channel)))) {
                        for (String line = lines.readLine(); line != null;
                                line = lines.readLine()) {
                            channel.write(ByteBuffer.wrap((answer(line) + "\\n").getBytes()));
                        }
                    } catch (IOException e) {
                        e.printStackTrace();
                    }
                }
                private String answer(String line) {
                    try {
                        if (line.equals("list")) {
                            StringBuilder all = new StringBuilder();
                            for (Bundle bundle : context.getBundles()) {
                                if (bundle.getBundleId() != 0 && bundle != context.getBundle()
                                        && bundle.getState() == Bundle.ACTIVE) {
                                    all.append(bundle.getBundleId()).append(' ')
                                            .append(bundle.getSymbolicName()).append(',');
                                }
                            }
                            return all.toString();
                        }
                        Bundle bundle = context.getBundle(Long.parseLong(line.split(" ")[1]));
                        if (line.startsWith("stop")) {
                            bundle.stop(Bundle.STOP_TRANSIENT);
                        } else {
                            bundle.start(Bundle.START_TRANSIENT);
                        }
                        return "done";
                    } catch (Throwable e) {
                        return e.toString().replace('\\n', ' ');
                    }
                }
            }
            """;
}
