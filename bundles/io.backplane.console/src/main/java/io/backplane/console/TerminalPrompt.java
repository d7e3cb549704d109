package io.backplane.console;

import java.io.IOError;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * The prompt on the terminal that started the daemon: a line editor with history and completion
 * over one Gogo session.
 *
 * <p>End of input (Ctrl-D) and Ctrl-C on an empty line ask for the daemon's stop; Ctrl-C on a
 * line with text discards the text. The prompt runs on a thread of its own, because reading a
 * terminal blocks; it never enters an event loop.
 */
final class TerminalPrompt implements AutoCloseable {
    static final String PROMPT = "backplane> ";
    /** Where names without a scope are looked up. */
    static final String SCOPE = "bp:felix:gogo:*";

    private static final Size SIZE = new Size(80, 24);

    // Immutable
    private final Terminal terminal;
    private final CommandSession session;
    private final LineReader reader;
    private final Runnable stop;
    private final Thread thread;

    // Any thread
    private volatile boolean closed;

    private TerminalPrompt(Terminal terminal, CommandSession session, Runnable stop) {
        this.terminal = terminal;
        this.session = session;
        this.stop = stop;
        this.reader = LineReaderBuilder.builder().terminal(terminal).appName("backplane")
                .completer(new CommandCompleter(session))
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .build();
        this.thread = new Thread(this::run, "backplane-console");
        thread.setDaemon(true);
    }

    /**
     * Takes the terminal over.
     *
     * @param stop called when the user asks for the daemon's end
     */
    static TerminalPrompt start(CommandProcessor processor, Runnable stop) throws IOException {
        Terminal terminal = openTerminal();
        if (terminal.getWidth() <= 0 || terminal.getHeight() <= 0) { // a serial line knows no size
            terminal.setSize(SIZE);
        }
        terminal.handle(Terminal.Signal.INT, signal -> stop.run());
        CommandSession session = processor.createSession(InputStream.nullInputStream(),
                terminal.output(), terminal.output());
        session.put("SCOPE", SCOPE);
        TerminalPrompt prompt = new TerminalPrompt(terminal, session, stop);
        prompt.thread.start();
        return prompt;
    }

    /**
     * Only the provider that runs {@code stty} is asked for: the others make native calls, which
     * bundles may not. JLine finds it through the context class loader.
     */
    private static Terminal openTerminal() throws IOException {
        Thread current = Thread.currentThread();
        ClassLoader previous = current.getContextClassLoader();
        current.setContextClassLoader(TerminalBuilder.class.getClassLoader());
        try {
            return TerminalBuilder.builder().name("backplane").system(true).provider("exec")
                    .build();
        } finally {
            current.setContextClassLoader(previous);
        }
    }

    private void run() {
        while (!closed) {
            try {
                CommandRunner.Outcome outcome =
                        CommandRunner.run(session, reader.readLine(PROMPT));
                if (outcome.error() != null) {
                    terminal.writer().println(outcome.error());
                    terminal.writer().flush();
                }
            } catch (UserInterruptException e) {
                if (!closed && e.getPartialLine().isEmpty()) {
                    stop.run();
                    return;
                }
            } catch (EndOfFileException | IOError e) {
                // IOError: the terminal is gone, or Ctrl-C hit stty between two lines.
                if (!closed) {
                    stop.run();
                }
                return;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        session.close();
        try {
            terminal.close();
        } catch (IOException e) {
            System.err.println("backplane: the terminal does not close: " + e.getMessage());
        }
    }
}
