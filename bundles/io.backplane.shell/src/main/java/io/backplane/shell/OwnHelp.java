package io.backplane.shell;

import io.backplane.qmp.QmpCommand;
import java.io.PrintStream;
import java.util.Map;
import java.util.Set;

/** What {@code help} says. */
final class OwnHelp {
    /** The shell's own commands, in one line each. */
    static final Map<String, String> LINES = Map.ofEntries(
            Map.entry("bundles", "the bundles with version and state"),
            Map.entry("components", "the components with state, and what they wait for"),
            Map.entry("deployments", "the bundles in the deploy folder, and what became of them"),
            Map.entry("devices", "the devices and exports, and what they serve"),
            Map.entry("drains", "the drained sections and what they wait for"),
            Map.entry("drivers", "the block drivers with version and bundle"),
            Map.entry("exports", "the exports"),
            Map.entry("features", "the distribution: its features and bundles"),
            Map.entry("graph", "the block graph as trees"),
            Map.entry("help", "the commands, or help COMMAND: one"),
            Map.entry("iothreads", "the I/O threads"),
            Map.entry("jobs", "the jobs"),
            Map.entry("loops", "what each event loop does"),
            Map.entry("nodes", "the block nodes with driver, version and bundle"),
            Map.entry("qmp", "any QMP command: qmp COMMAND [KEY=VALUE...], as JSON"),
            Map.entry("shutdown", "stop the daemon cleanly"),
            Map.entry("upgrade", "the driver upgrades so far, with their pauses;"
                    + " with arguments: driver-upgrade"),
            Map.entry("version", "the versions of Backplane, the framework and the JVM"));

    private OwnHelp() {
    }

    /** Prints the commands of scope bp. */
    static void print(Set<String> names, Map<String, QmpCommand> commands, PrintStream out) {
        Table table = new Table("command", "does");
        for (String name : names) {
            QmpCommand command = commands.get(name);
            if (command != null || LINES.containsKey(name)) {
                table.row(name, command == null ? LINES.get(name) : command.help());
            }
        }
        table.print(out);
        out.println("COMMAND --help shows its arguments, --json prints a reply as it is;"
                + " felix:help lists the framework's own.");
    }
}
