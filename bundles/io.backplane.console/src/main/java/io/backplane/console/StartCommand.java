package io.backplane.console;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;

/** The line given to the daemon with {@code -c}: executed once, then the daemon ends. */
final class StartCommand {
    private final CommandProcessor processor;
    private final String line;
    private final IntConsumer end;

    private StartCommand(CommandProcessor processor, String line, IntConsumer end) {
        this.processor = processor;
        this.line = line;
        this.end = end;
    }

    /**
     * Begins.
     *
     * @param end called with the exit code
     */
    static StartCommand start(CommandProcessor processor, String line, IntConsumer end) {
        StartCommand command = new StartCommand(processor, line, end);
        Thread thread = new Thread(command::run, "backplane-command");
        thread.setDaemon(true);
        thread.start();
        return command;
    }

    private void run() {
        PrintStream out = stream(FileDescriptor.out);
        PrintStream err = stream(FileDescriptor.err);
        int exitCode = 1;
        try (CommandSession session =
                processor.createSession(InputStream.nullInputStream(), out, err)) {
            session.put("SCOPE", TerminalPrompt.SCOPE);
            CommandRunner.Outcome outcome = CommandRunner.run(session, line);
            if (outcome.error() != null) {
                err.println(outcome.error());
            }
            exitCode = outcome.code();
        } finally {
            out.flush();
            err.flush();
            end.accept(exitCode);
        }
    }

    /** As Gogo puts its own streams in the place of System.out. */
    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
    }
}
