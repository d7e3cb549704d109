package io.backplane.control;

import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.VersionInfo;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.util.List;

/** query-version, query-commands, query-qmp-schema, query-status, quit. */
final class GeneralCommands {
    private GeneralCommands() {
    }

    /** A command's name. */
    record CommandInfo(@Option("name of the command") String name) {
    }

    /** What a virtual machine does; here, whether the daemon serves. */
    @Name("RunState")
    enum RunState {
        RUNNING, SHUTDOWN
    }

    record StatusInfo(
            @Option("whether it serves") boolean running,
            @Option("always false") boolean singlestep,
            @Option("what it does") RunState status) {
    }

    static List<QmpCommand> commands(QmpCommands commands, Shutdown shutdown) {
        return List.of(
                QmpCommand.query("query-version", "Says which QMP is followed, and by whom.",
                        TypeRef.of(VersionInfo.class), _ -> VersionInfo.CURRENT),
                QmpCommand.query("query-commands", "Lists the commands.",
                        TypeRef.listOf(CommandInfo.class), _ -> commands.commands().keySet()
                                .stream().map(CommandInfo::new).toList()),
                QmpCommand.query("query-qmp-schema", "Describes commands, events and their types.",
                        TypeRef.listOf(Object.class), _ -> commands.schema()),
                QmpCommand.query("query-status", "Says whether it serves.",
                        TypeRef.of(StatusInfo.class), _ -> new StatusInfo(!shutdown.isAsked(),
                                false, shutdown.isAsked() ? RunState.SHUTDOWN
                                        : RunState.RUNNING)),
                QmpCommand.query("quit", "Closes everything cleanly and ends the daemon.", null, _ -> {
                    shutdown.ask("host-qmp-quit");
                    return null;
                }));
    }
}
