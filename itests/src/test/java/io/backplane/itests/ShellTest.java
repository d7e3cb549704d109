package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.backplane.rules.Rule;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code backplane shell} against a running daemon. */
class ShellTest {
    private Daemon daemon;

    @BeforeEach
    void start() throws Exception {
        daemon = Daemon.start();
    }

    @AfterEach
    void close() {
        daemon.close();
    }

    @Test
    void exitCodeTellsHowACommandEnded() throws Exception {
        Command good = shell("nodes; exports");
        assertEquals(0, good.exitCode(), good.err());
        assertTrue(good.out().contains("10 GiB"), good.out());
        assertTrue(good.out().contains("vhost-user-blk"), good.out());

        Command refused = shell("blockdev-del nosuch");
        assertEquals(1, refused.exitCode());
        assertEquals("GenericError: Failed to find node with node-name='nosuch'\n",
                refused.err());
        assertEquals("", refused.out());

        Command unknown = shell("nosuch");
        assertEquals(2, unknown.exitCode());
        assertEquals("CommandNotFound: there is no command 'nosuch' (help lists them)\n",
                unknown.err());

        Command incomplete = shell("blockdev-del");
        assertEquals(2, incomplete.exitCode());
        assertEquals("UsageError: Parameter 'node-name' is missing\n", incomplete.err());

        assertEquals(2, shell("nodes 'open").exitCode());
        assertEquals(2, Command.backplane("shell", "--nosuch").exitCode());
        Command nobody = Command.backplane("shell", "--socket", "/nosuch", "-c", "nodes");
        assertEquals(1, nobody.exitCode());
        assertEquals(1, nobody.err().lines().count(), nobody.err());
    }

    @Test
    void argumentsTakeEveryForm() throws Exception {
        Command made = shell("blockdev-add null-co node-name=n0 --size 1G;"
                + " blockdev-add driver=null-co,node-name=n1,size=2G;"
                + " blockdev-add {\"driver\": \"null-co\", \"node-name\": \"n2\", \"size\": 3145728};"
                + " blockdev-add --driver raw --node-name r0 --file.driver null-co"
                + " --file.size 4096 --read-only; nodes");

        assertEquals(0, made.exitCode(), made.err());
        for (String line : List.of("n0 +null-co +0.1.0 .* 1 GiB +rw",
                "n1 +null-co +0.1.0 .* 2 GiB +rw", "n2 +null-co +0.1.0 .* 3 MiB +rw",
                "r0 +raw +0.1.0 +io.backplane.driver.raw +4 KiB +ro")) {
            assertTrue(made.out().lines().anyMatch(l -> l.matches(line + ".*")),
                    line + "\n" + made.out());
        }
        Command raw = shell("query-named-block-nodes --flat --json");
        assertTrue(JsonParser.parseString(raw.out()).getAsJsonArray().size() > 4, raw.out());
    }

    @Test
    void scriptStopsAtTheFirstLineThatFails() throws Exception {
        String script = "# a comment\n\nquery-version\nblockdev-del nosuch\nexports\n";

        Command stopped = piped(script);
        assertEquals(1, stopped.exitCode());
        assertTrue(stopped.out().contains("Backplane"), stopped.out());
        assertFalse(stopped.out().contains("vhost-user-blk"), stopped.out());
        assertTrue(stopped.err().contains("line 4"), stopped.err());

        Command kept = piped(script, "-k");
        assertEquals(1, kept.exitCode());
        assertTrue(kept.out().contains("vhost-user-blk"), kept.out());
        assertEquals(0, piped("nodes\njobs").exitCode());
    }

    @Test
    void socketIsForItsOwnerOnly() throws Exception {
        Path socket = daemon.data().resolve("shell.sock");

        assertEquals("rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
        assertFalse(Files.exists(daemon.data().resolve(".sh")));
        assertTrue(daemon.out().contains("shell --socket " + socket), daemon.out());
        assertEquals(0, daemon.stop());
        assertFalse(Files.exists(socket));
    }

    @Test
    void everyCommandHasHelp() throws Exception {
        try (Client client = new Client()) {
            List<String> names = new ArrayList<>();
            for (JsonElement each
                    : JsonParser.parseString(client.run("query-commands --json")).getAsJsonArray()) {
                names.add(each.getAsJsonObject().get("name").getAsString());
            }
            assertTrue(names.size() > 20, names.toString());
            names.remove("qmp_capabilities"); // for monitors only
            for (String name : names) {
                String help = client.run(name + " --help");
                assertEquals(0, client.exitCode, name + ": " + help);
                assertTrue(help.startsWith(name + ": "), help);
                assertTrue(help.contains("Usage: " + name) || help.contains("no arguments"), help);
            }
            String all = client.run("help");
            names.forEach(name -> assertTrue(all.contains(name), name));
        }
    }

    @Test
    void viewsTellVersionsAndBundles() throws Exception {
        String graph = shell("graph").out();
        assertTrue(graph.contains("`-- root: disk [qcow2 0.1.0, io.backplane.driver.qcow2] 10 GiB"),
                graph);
        assertTrue(graph.contains("disk [export vhost-user-blk]"), graph);
        String drivers = shell("drivers").out();
        assertTrue(drivers.lines().anyMatch(l -> l.matches(
                "qcow2 +0.1.0 +io.backplane.driver.qcow2 +\\d+ +yes +disk")), drivers);
        assertTrue(shell("devices").out().contains("virtio-blk"));
        assertTrue(shell("features").out().contains("full"));
        for (String view : List.of("loops", "drains", "jobs", "iothreads", "bundles", "version")) {
            Command shown = shell(view);
            assertEquals(0, shown.exitCode(), view + ": " + shown.err());
            assertTrue(shown.out().length() > 10, view + ": " + shown.out());
        }
    }

    @Test
    void gogosOwnCommandsTakeBundles() throws Exception {
        assertTrue(shell("lb").out().contains("Backplane :: io.backplane.shell"));
        Path jar = bundle("io.backplane.driver.blklogwrites");
        for (String line : List.of("stop io.backplane.driver.blklogwrites",
                "start io.backplane.driver.blklogwrites",
                "uninstall io.backplane.driver.blklogwrites", "install file:" + jar)) {
            Command done = shell(line);
            assertEquals(0, done.exitCode(), line + ": " + done.err());
        }
        String id = shell("bundles").out().lines()
                .filter(l -> l.contains("driver.blklogwrites")).findFirst().orElseThrow()
                .split(" ")[0];
        assertEquals(0, shell("start " + id + "; update " + id + "; stop " + id).exitCode());
        assertTrue(shell("bundles").out().lines().anyMatch(
                l -> l.matches(id + " .*driver.blklogwrites.*resolved")));
        Command missing = shell("stop 4711");
        assertEquals(2, missing.exitCode(), missing.err());
        assertEquals(1, missing.err().lines().count(), missing.err());
    }

    @Test
    void driverThatComesLaterIsCompleted() throws Exception {
        try (Client client = new Client()) {
            assertTrue(client.completions("blockdev-add driver=").contains("driver=null-co"));
            client.run("felix:uninstall io.backplane.driver.nullco");
            assertFalse(client.completions("blockdev-add driver=").contains("driver=null-co"));

            Files.copy(bundle("io.backplane.driver.nullco"),
                    daemon.data().resolve("deploy/late.jar"));
            for (int i = 0; i < 100
                    && !client.completions("blockdev-add n").contains("null-co"); i++) {
                Thread.sleep(200);
            }
            assertTrue(client.completions("blockdev-add n").contains("null-co"));
            assertEquals(List.of("--size"), client.completions("blockdev-add null-co --si"));
            client.run("blockdev-add null-co node-name=late");
            assertEquals(List.of("late"), client.completions("blockdev-del la"));
            assertEquals(List.of("disk"), client.completions("block-export-del di"));
            assertEquals(List.of("iothread=iothread0"),
                    client.completions("block-export-add vhost-user-blk iothread=io"));
        }
    }

    @Test
    @Rule("M8")
    void sessionsAndMonitorsDoNotWaitForEachOther() throws Exception {
        try (Client first = new Client(); Client second = new Client();
                Qmp qmp = Qmp.connect(daemon.data().resolve("qmp.sock"));
                SocketChannel deaf = connect()) {
            deaf.configureBlocking(false);
            ByteBuffer flood = ByteBuffer.wrap(
                    "{\"run\": \"query-qmp-schema --json\"}\n".repeat(500).getBytes());
            for (int i = 0; i < 50 && flood.hasRemaining(); i++) {
                deaf.write(flood);
                Thread.sleep(1);
            }
            first.run("blockdev-add null-co node-name=a");
            assertTrue(second.run("nodes").contains("a  "));
            assertNotNull(qmp.execute("{'execute': 'query-version'}"));
            assertTrue(first.run("query-version").contains("Backplane"));
        }
        assertEquals(0, daemon.stop());
    }

    @Test
    void hostileClientsHurtNobody() throws Exception {
        List<SocketChannel> idle = new ArrayList<>();
        for (String garbage : List.of("garbage\n", "[]\n", "{}\n", "{\"run\": 1}\n", "\n",
                "{\"run\":", "\u0000\u0001\n", "{\"complete\": \"" + "blockdev-add ".repeat(900)
                + "\"}\n", "{\"folder\": \"\\u0000\"}\n")) {
            SocketChannel client = connect();
            client.write(ByteBuffer.wrap(garbage.getBytes(StandardCharsets.UTF_8)));
            client.shutdownOutput();
            String answer = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8))
                    .lines().toList().toString();
            assertTrue(answer.contains("fatal") || answer.contains("candidates"),
                    garbage + answer);
            client.close();
        }
        SocketChannel gone = connect();
        gone.write(ByteBuffer.wrap("{\"run\": \"query-qmp-schema --json\"}\n".getBytes()));
        gone.close();
        for (int i = 0; i < 40; i++) {
            idle.add(connect());
        }
        Command turnedAway = shell("version");
        for (int i = 0; i < 50 && turnedAway.exitCode() == 0; i++) {
            Thread.sleep(20); // the connections are taken one by one
            turnedAway = shell("version");
        }
        assertEquals(1, turnedAway.exitCode());
        assertTrue(turnedAway.err().contains("sessions already"), turnedAway.err());
        idle.removeLast().close();
        for (SocketChannel channel : idle) {
            channel.close();
        }
        for (int i = 0; i < 50 && shell("version").exitCode() != 0; i++) {
            Thread.sleep(20);
        }
        assertEquals(0, shell("version").exitCode());
        SocketChannel left = connect();
        assertEquals(0, shell("shutdown").exitCode());
        assertEquals(0, daemon.awaitExit());
        left.close();
        assertFalse(daemon.err().contains("Exception"), daemon.err());
    }

    @Test
    void halfClosedClientGetsItsAnswers() throws Exception {
        try (SocketChannel client = connect()) {
            client.write(ByteBuffer.wrap(
                    "{\"run\": \"version\"}\n{\"run\": \"nodes\"}".getBytes()));
            client.shutdownOutput();
            List<String> lines = new BufferedReader(
                    Channels.newReader(client, StandardCharsets.UTF_8)).lines().toList();

            assertEquals(2, lines.stream().filter("{\"done\": 0}"::equals).count(),
                    lines.toString());
        }
    }

    @Test
    void daemonMayExecuteOneLineAndEnd() throws Exception {
        String data = daemon.work().resolve("other").toString();
        Command good = Command.backplane("run", "--data", data, "--blockdev",
                "null-co,node-name=n0,size=1M", "-c", "nodes; query-version");
        assertEquals(0, good.exitCode(), good.err());
        assertTrue(good.out().startsWith("node "), good.out());
        assertTrue(good.out().contains("n0 ") && good.out().contains("Backplane"), good.out());

        Command refused = Command.backplane("run", "--data", data, "-c", "blockdev-del x");
        assertEquals(1, refused.exitCode(), refused.err());
        assertTrue(refused.err().startsWith("GenericError: "), refused.err());
        assertEquals(2, Command.backplane("run", "--data", data, "-c", "nosuch").exitCode());
    }

    @Test
    void promptOnATerminalCompletesAndLeavesTheDaemon() throws Exception {
        Path screen = daemon.work().resolve("screen");
        ProcessBuilder builder = new ProcessBuilder("script", "-qefc", "stty cols 120 rows 40; '"
                + Daemon.DIST + "/backplane' shell --data '" + daemon.data() + "'", "/dev/null")
                .redirectErrorStream(true).redirectOutput(screen.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("TERM", "xterm");
        builder.environment().put("HOME", daemon.work().toString());
        Process terminal = builder.start();
        try {
            awaitText(screen, "backplane> ");
            type(terminal, "blockdev-a\tnull\tnode-name=typed --si\t1G\r");
            type(terminal, "no\t\r");
            awaitText(screen, "typed ");
            awaitText(screen, "1 GiB");
            type(terminal, "nosuch\r");
            awaitText(screen, "CommandNotFound: there is no command 'nosuch'");
            type(terminal, "\u0004");
            assertTrue(terminal.waitFor(20, java.util.concurrent.TimeUnit.SECONDS));
            assertEquals(0, terminal.exitValue());
        } finally {
            terminal.descendants().forEach(ProcessHandle::destroyForcibly);
            terminal.destroyForcibly();
        }
        assertTrue(daemon.isAlive());
        assertTrue(shell("nodes").out().contains("typed "));
    }

    private static void type(Process terminal, String keys) throws IOException {
        terminal.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
        terminal.getOutputStream().flush();
    }

    private static void awaitText(Path screen, String text) throws Exception {
        for (int i = 0; i < 400; i++) {
            if (Files.readString(screen).contains(text)) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("no '" + text + "' in:\n" + Files.readString(screen));
    }

    private Command shell(String line) throws IOException, InterruptedException {
        return Command.backplane("shell", "--data", daemon.data().toString(), "-c", line);
    }

    private Command piped(String script, String... options)
            throws IOException, InterruptedException {
        Path file = daemon.work().resolve("script");
        Files.writeString(file, script);
        return Command.run("sh", "-c", "'" + Daemon.DIST + "/backplane' shell --data '"
                + daemon.data() + "' " + String.join(" ", options) + " <'" + file + "'");
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(
                UnixDomainSocketAddress.of(daemon.data().resolve("shell.sock")));
    }

    private static Path bundle(String name) throws IOException {
        try (Stream<Path> jars = Files.list(Daemon.DIST.resolve("bundles"))) {
            return jars.filter(jar -> jar.getFileName().toString().startsWith(name + "-"))
                    .findFirst().orElseThrow();
        }
    }

    /** Speaks the socket's own language. */
    private final class Client implements AutoCloseable {
        private final SocketChannel channel = connect();
        private final BufferedReader reader =
                new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        private int exitCode;

        Client() throws IOException {
            assertTrue(receive().has("prompt"));
        }

        private JsonObject receive() throws IOException {
            return JsonParser.parseString(reader.readLine()).getAsJsonObject();
        }

        private void send(String key, String value) throws IOException {
            JsonObject message = new JsonObject();
            message.addProperty(key, value);
            channel.write(ByteBuffer.wrap((message + "\n").getBytes(StandardCharsets.UTF_8)));
        }

        String run(String line) throws IOException {
            send("run", line);
            StringBuilder out = new StringBuilder();
            while (true) {
                JsonObject message = receive();
                if (message.has("done")) {
                    exitCode = message.get("done").getAsInt();
                    return out.toString();
                }
                out.append(message.get(message.has("out") ? "out" : "err").getAsString());
            }
        }

        List<String> completions(String line) throws IOException {
            send("complete", line);
            JsonArray candidates = receive().getAsJsonArray("candidates");
            TreeSet<String> values = new TreeSet<>();
            candidates.forEach(c -> values.add(c.getAsJsonObject().get("value").getAsString()));
            return List.copyOf(values);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
