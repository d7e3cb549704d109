package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher from outside: start, refusal, stop, exit codes. */
class BootTest {

    @Test
    void versionIsOneLine() throws Exception {
        Command command = Command.backplane("--version");

        assertEquals(0, command.exitCode());
        assertTrue(command.out().matches("backplane version \\d+\\.\\d+\\.\\d+ \\(full\\)\n"),
                command.out());
        assertEquals("", command.err());
    }

    @Test
    void theDaemonKnowsTheVersionToo() throws Exception {
        assertEquals(Command.backplane("--version").out(),
                Command.backplane("run", "--version").out());
    }

    @Test
    void helpOfRunListsTheOptions() throws Exception {
        Command command = Command.backplane("run", "--help");

        assertEquals(0, command.exitCode());
        assertTrue(command.out().contains("--blockdev"), command.out());
    }

    @Test
    void unknownOptionIsRefusedInOneLine() throws Exception {
        Command command = Command.backplane("run", "--no-such-thing");

        assertEquals(1, command.exitCode());
        assertEquals("backplane: unknown option '--no-such-thing'\n", command.err());
    }

    @Test
    void unknownVerbIsRefusedInOneLine() throws Exception {
        Command command = Command.backplane("fly");

        assertEquals(1, command.exitCode());
        assertTrue(command.err().startsWith("backplane: unknown verb 'fly'"), command.err());
    }

    @Test
    void bootsCleanAndStopsOnSigterm() throws Exception {
        try (Daemon daemon = Daemon.start()) {
            assertEquals(0, daemon.stop());
            assertEquals("", daemon.err());
        }
    }

    @Test
    void stopsOnSigint() throws Exception {
        try (Daemon daemon = Daemon.start()) {
            daemon.signal("INT");

            assertEquals(0, daemon.awaitExit());
            assertEquals("", daemon.err());
        }
    }

    @Test
    void secondStartOnTheSameDataFolderIsRefused() throws Exception {
        try (Daemon first = Daemon.start()) {
            Command second = Command.backplane("run", "--data", first.data().toString());

            assertEquals(1, second.exitCode());
            assertTrue(second.err().contains(first.data().toString()), second.err());
            assertTrue(second.err().contains("process " + first.pid()), second.err());
            assertTrue(first.isAlive());
        }
    }

    @Test
    void startsAgainAfterKill(@TempDir Path folder) throws Exception {
        Path data = folder.resolve("data");
        try (Daemon first = Daemon.start("--data", data.toString())) {
            first.kill();
        }
        try (Daemon second = Daemon.start("--data", data.toString())) {
            assertEquals(0, second.stop());
            assertEquals("", second.err());
        }
    }

    @Test
    void pidFileExistsWhileTheDaemonServes(@TempDir Path folder) throws Exception {
        Path pidFile = folder.resolve("pid");
        try (Daemon daemon = Daemon.start("--pidfile", pidFile.toString())) {
            assertEquals(daemon.pid() + "\n", Files.readString(pidFile));

            daemon.stop();
            assertFalse(Files.exists(pidFile));
        }
    }

    @Test
    void daemonizeReturnsOnceReady(@TempDir Path folder) throws Exception {
        Path pidFile = folder.resolve("pid");
        Command command = Command.backplane("run", "--daemonize", "--pidfile", pidFile.toString(),
                "--data", folder.resolve("data").toString());

        assertEquals(0, command.exitCode(), command.err());
        long pid = Long.parseLong(Files.readString(pidFile).strip());
        ProcessHandle daemon = ProcessHandle.of(pid).orElseThrow();
        assertTrue(daemon.isAlive());
        daemon.destroy();
        daemon.onExit().get(60, java.util.concurrent.TimeUnit.SECONDS);
        assertFalse(Files.exists(pidFile));
    }

    @Test
    void daemonizeReportsWhatFails(@TempDir Path folder) throws Exception {
        Path pidFile = folder.resolve("no/such/folder/pid");
        Command command = Command.backplane("run", "--daemonize", "--pidfile", pidFile.toString(),
                "--data", folder.resolve("data").toString());

        assertEquals(1, command.exitCode());
        assertTrue(command.err().contains(pidFile.toString()), command.err());
    }

    @Test
    void startsWithStandardInputClosed(@TempDir Path folder) throws Exception {
        Path pidFile = folder.resolve("pid");
        Path data = folder.resolve("data");
        Process process = new ProcessBuilder("sh", "-c", "exec " + Daemon.DIST
                + "/backplane run --data " + data + " --pidfile " + pidFile + " <&- >/dev/null")
                .start();
        try {
            for (int i = 0; i < 600 && !Files.exists(pidFile) && process.isAlive(); i++) {
                Thread.sleep(50);
            }
            assertTrue(Files.exists(pidFile));
            process.destroy();
            assertEquals(0, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }
}
