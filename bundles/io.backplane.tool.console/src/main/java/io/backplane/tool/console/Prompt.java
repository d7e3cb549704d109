package io.backplane.tool.console;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The prompt on a terminal; the daemon completes. Ctrl-D and exit end it, not the daemon. */
final class Prompt {
    private static final int INTERRUPTED = 130;

    private final Connection connection;
    private IOException lost;

    private Prompt(Connection connection) {
        this.connection = connection;
    }

    /** Serves the terminal until the user leaves; returns the exit code. */
    static int run(Connection connection) throws IOException {
        return new Prompt(connection).serve();
    }

    private int serve() throws IOException {
        try (Terminal terminal = TerminalBuilder.builder().name("backplane").system(true).build()) {
            // While a command runs; the line editor has a handler of its own.
            terminal.handle(Terminal.Signal.INT, _ -> Runtime.getRuntime().halt(INTERRUPTED));
            LineReader reader = LineReaderBuilder.builder().terminal(terminal).appName("backplane")
                    .completer(this::complete)
                    .variable(LineReader.HISTORY_FILE,
                            Path.of(System.getProperty("user.home"), ".backplane_history"))
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                    .build();
            PrintWriter out = terminal.writer();
            while (lost == null) {
                try {
                    String line = reader.readLine(connection.prompt());
                    if (line.strip().equals("exit")) {
                        return 0;
                    }
                    connection.run(line, out, out);
                } catch (UserInterruptException e) {
                    if (e.getPartialLine().isEmpty()) {
                        return 0;
                    }
                } catch (EndOfFileException e) {
                    return 0;
                }
            }
            throw lost;
        }
    }

    private void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        try {
            Map<String, Object> answer =
                    connection.complete(line.line().substring(0, line.cursor()));
            String word = String.valueOf(answer.get("word"));
            String typed = line.word().substring(0, line.wordCursor());
            String before = typed.endsWith(word)
                    ? typed.substring(0, typed.length() - word.length()) : "";
            for (Object each : (List<?>) answer.get("candidates")) {
                Map<?, ?> candidate = (Map<?, ?>) each;
                String value = before + candidate.get("value");
                String help = String.valueOf(candidate.get("help"));
                candidates.add(new Candidate(value, value, null, help.isEmpty() ? null : help,
                        null, null, !Boolean.TRUE.equals(candidate.get("open"))));
            }
        } catch (IOException e) {
            lost = e;
        }
    }
}
