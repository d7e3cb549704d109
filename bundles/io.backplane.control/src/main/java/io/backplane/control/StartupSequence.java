package io.backplane.control;

import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.boot.StartupOption;
import io.backplane.export.ExportOptions;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.qmp.StartupHandler;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import java.util.List;
import java.util.function.Function;

/** Executes the command line's options in their order, as commands or by their handlers. */
final class StartupSequence {
    private static final QmpSession SESSION = QmpSession.operator("command line");

    private final QmpCommands commands;
    private final Function<String, StartupHandler> handlers;
    private final EmbeddedDefault embedded;

    /** @param handlers the handler of an option, or null */
    StartupSequence(QmpCommands commands, Function<String, StartupHandler> handlers,
            EmbeddedDefault embedded) {
        this.commands = commands;
        this.handlers = handlers;
        this.embedded = embedded;
    }

    /**
     * Executes them all.
     *
     * @return what to tell the user
     * @throws QmpException at the first that cannot be done, naming it
     */
    @Suspends
    String awaitRun(List<StartupOption> options) throws QmpException {
        StringBuilder summary = new StringBuilder();
        for (StartupOption option : options) {
            try {
                summary.append(awaitExecute(option));
            } catch (QmpException e) {
                throw QmpException.generic(option + ": " + e.getMessage());
            } catch (BlockException e) {
                throw QmpException.generic(option + ": " + e.getMessage());
            } catch (OptionException e) {
                throw QmpException.generic(option + ": " + e.getMessage());
            }
        }
        return summary.toString();
    }

    /** The same after a restart of bundles, some of which may not be there yet. */
    @Suspends
    String awaitRunAgain(List<StartupOption> options, UntilDone untilDone) {
        StringBuilder summary = new StringBuilder();
        for (StartupOption option : options) {
            if (!untilDone.awaitDone(option, () -> summary.append(awaitExecute(option)))) {
                break;
            }
        }
        return summary.toString();
    }

    @Suspends
    private String awaitExecute(StartupOption option)
            throws QmpException, BlockException, OptionException {
        String value = option.value();
        switch (option.name()) {
            case StartupOption.DEFAULT -> {
                return embedded.awaitSetUp(java.nio.file.Path.of(value));
            }
            case "blockdev" -> awaitCommand("blockdev-add", BlockdevOptions.class, value,
                    "driver");
            case "object" -> awaitCommand("object-add", ObjectOptions.class, value, "qom-type");
            case "export" -> awaitCommand("block-export-add", ExportOptions.class, value, "type");
            default -> {
                StartupHandler handler = handlers.apply(option.name());
                if (handler == null) {
                    throw QmpException.generic("this distribution has no --" + option.name());
                }
                handler.awaitExecute(value);
            }
        }
        return "";
    }

    @Suspends
    private <R extends Record> void awaitCommand(String name, Class<R> type, String value,
            String impliedKey) throws QmpException, OptionException {
        R arguments = new OptionParser(commands.branches()).parseText(type, value, impliedKey);
        commands.awaitExecute(name, arguments, SESSION);
    }
}
