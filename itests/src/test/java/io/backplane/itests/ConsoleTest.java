package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The prompt on a terminal, which the command {@code script} provides. */
class ConsoleTest {
    private static final Pattern CONTROL = Pattern.compile("\u001b\\[[0-9;?]*[a-zA-Z]|\u001b[=>]");

    @TempDir
    private Path folder;
    private Process terminal;
    private OutputStream keyboard;

    @BeforeEach
    void startOnTerminal() throws IOException {
        ProcessBuilder builder = new ProcessBuilder("script", "-qefc", "stty cols 100 rows 24; exec"
                + " env --default-signal=INT " // see Daemon
                + Daemon.DIST + "/backplane run --data " + folder.resolve("data"), "/dev/null")
                .redirectErrorStream(true).redirectOutput(folder.resolve("screen").toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("TERM", "xterm");
        terminal = builder.start();
        keyboard = terminal.getOutputStream();
    }

    @AfterEach
    void kill() throws InterruptedException {
        terminal.descendants().forEach(ProcessHandle::destroyForcibly);
        terminal.destroyForcibly().waitFor();
    }

    @Test
    void commandsPrintAndShutdownStops() throws Exception {
        awaitScreen("backplane> ");
        type("version\r");
        awaitScreen("framework 7");
        type("bundles\r");
        awaitScreen("io.backplane.console");
        type("no-such-command\r");
        awaitScreen("CommandNotFound: there is no command 'no-such-command'");
        type("shutdown\r");

        assertEquals(0, awaitEnd());
        assertFalse(screen().contains("Exception"), screen());
    }

    @Test
    void allBundlesAreActive() throws Exception {
        awaitScreen("backplane> ");
        type("bundles\r");
        awaitScreen("io.backplane.console +\\S+ +active\\s");

        assertFalse(screen().lines().anyMatch(line -> line.matches(
                "\\d+ .*(installed|resolved|starting|stopping|uninstalled).*")), screen());
    }

    @Test
    void allComponentsAreSatisfied() throws Exception {
        awaitScreen("backplane> ");
        type("components\r");
        awaitScreen("io.backplane.console +ConsoleComponent +active\\s");
        awaitScreen("(?s)waits for.*backplane> ");

        assertFalse(screen().lines().anyMatch(
                line -> line.matches("\\S+ +\\S+ +(unsatisfied|failed).*")), screen());
    }

    @Test
    void viewsShowTheDefaultDisk() throws Exception {
        awaitScreen("backplane> ");
        type("nodes\r");
        awaitScreen("disk +qcow2 +\\S+ +io.backplane.driver.qcow2 +10 GiB +rw");
        type("exports\r");
        awaitScreen("disk +vhost-user-blk +disk +serving");
        type("graph\r");
        awaitScreen("`-- root: disk");
    }

    @Test
    void everyQmpCommandIsAShellCommand() throws Exception {
        awaitScreen("backplane> ");
        type("blockdev-add driver=null-co,node-name=n0,size=1G\r");
        type("qmp blockdev-add driver=null-co node-name=n1 size=2G\r");
        type("blockdev-add '{\"driver\": \"null-co\", \"node-name\": \"n2\"}'\r");
        type("nodes\r");
        awaitScreen("n0 +null-co +\\S+ +\\S+ +1 GiB");
        awaitScreen("n1 +null-co +\\S+ +\\S+ +2 GiB");
        awaitScreen("n2 +null-co");
        type("blockdev-add driver=nosuch,node-name=n3\r");
        awaitScreen("UsageError: .*nosuch");
        type("blockdev-add --help\r");
        awaitScreen("--detect-zeroes +word");
        type("quit\r");

        assertEquals(0, awaitEnd());
    }

    @Test
    void bundleDroppedIntoDeployRunsAndLeavesAgain() throws Exception {
        awaitScreen("backplane> ");
        Path source;
        try (Stream<Path> jars = Files.list(Daemon.DIST.resolve("lib"))) {
            source = jars.filter(jar -> jar.getFileName().toString().startsWith("gson"))
                    .findFirst().orElseThrow();
        }
        Path deployed = folder.resolve("data/deploy/gson.jar");
        Files.copy(source, deployed);
        awaitAnswer("bundles\r", "com.google.gson +\\S+ +active", true);
        Files.delete(deployed);
        awaitAnswer("bundles\r", "com.google.gson", false);
    }

    @Test
    void endOfInputStops() throws Exception {
        awaitScreen("backplane> ");
        type("\u0004");

        assertEquals(0, awaitEnd());
    }

    @Test
    void interruptDiscardsTextThenStops() throws Exception {
        awaitScreen("backplane> ");
        type("garbage");
        awaitScreen("garbage");
        type("\u0003");
        awaitScreen("(?s)garbage.*backplane> ");
        type("version\r");
        awaitScreen("framework 7");
        type("\u0003");

        assertEquals(0, awaitEnd());
    }

    private void type(String keys) throws IOException {
        keyboard.write(keys.getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
    }

    private String screen() throws IOException {
        return CONTROL.matcher(Files.readString(folder.resolve("screen"))).replaceAll("");
    }

    private void awaitScreen(String regex) throws Exception {
        Pattern pattern = Pattern.compile(regex);
        for (int i = 0; i < 600; i++) {
            if (pattern.matcher(screen()).find()) {
                return;
            }
            assertTrue(terminal.isAlive(), screen());
            Thread.sleep(50);
        }
        throw new AssertionError("no '" + regex + "' on the screen:\n" + screen());
    }

    /** Repeats a command until its output has {@code regex}, or has it no more. */
    private void awaitAnswer(String command, String regex, boolean present) throws Exception {
        Pattern pattern = Pattern.compile(regex);
        for (int i = 0; i < 30; i++) {
            int from = screen().length();
            type(command);
            awaitScreen("(?s).{" + from + "}.*active.*backplane> ");
            if (pattern.matcher(screen().substring(from)).find() == present) {
                return;
            }
            Thread.sleep(500);
        }
        throw new AssertionError(regex + ", expected " + present + ":\n" + screen());
    }

    private int awaitEnd() throws Exception {
        assertTrue(terminal.waitFor(60, TimeUnit.SECONDS), screen());
        return terminal.exitValue();
    }
}
