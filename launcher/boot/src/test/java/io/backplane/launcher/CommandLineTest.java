package io.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.boot.StartupOption;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandLineTest {

    @Test
    void optionsKeepTheirOrder() throws Exception {
        CommandLine line = CommandLine.parse("--blockdev", "file,node-name=f,filename=/x",
                "--object=iothread,id=t", "--export", "{\"type\":\"nbd\"}", "--blockdev", "raw");

        assertEquals(List.of(new StartupOption("blockdev", "file,node-name=f,filename=/x"),
                new StartupOption("object", "iothread,id=t"),
                new StartupOption("export", "{\"type\":\"nbd\"}"),
                new StartupOption("blockdev", "raw")), line.options());
    }

    @Test
    void valueAfterEqualsMayContainEquals() throws Exception {
        assertEquals("driver=raw,a=b", CommandLine.parse("--blockdev=driver=raw,a=b")
                .options().getFirst().value());
    }

    @Test
    void unambiguousAbbreviationIsUnderstood() throws Exception {
        assertTrue(CommandLine.parse("--daem").daemonize());
    }

    @Test
    void ambiguousAbbreviationIsRefused() {
        assertRefused("option '--da' is ambiguous: --daemonize, --data", "--da");
    }

    @Test
    void mistakesNameTheArgument() {
        assertRefused("unknown option '--nope'", "--nope");
        assertRefused("unknown option '-x'", "-x");
        assertRefused("unexpected argument 'disk.img'", "disk.img");
        assertRefused("option '--export' needs a value", "--export");
        assertRefused("option '--pidfile' needs a path", "--pidfile=");
        assertRefused("option '--daemonize' takes no value", "--daemonize=yes");
    }

    @Test
    void helpWinsOverWhatFollows() throws Exception {
        assertEquals(CommandLine.Action.HELP, CommandLine.parse("--help", "--nope").action());
        assertEquals(CommandLine.Action.VERSION, CommandLine.parse("-V").action());
    }

    @Test
    void noShellTurnsThePromptOff() throws Exception {
        assertTrue(CommandLine.parse().console());
        assertFalse(CommandLine.parse("--no-shell").console());
        assertEquals("nodes; jobs", CommandLine.parse("-c", "nodes; jobs").command());
    }

    private static void assertRefused(String message, String... arguments) {
        assertEquals(message, assertThrows(LaunchException.class,
                () -> CommandLine.parse(arguments)).getMessage());
    }
}
