package io.backplane.console;

import java.util.List;
import java.util.Map;
import org.apache.felix.service.command.CommandSession;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes commands, their arguments and what exists, for the line editor. */
final class CommandCompleter implements Completer {
    private final CommandSession session;

    CommandCompleter(CommandSession session) {
        this.session = session;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        Completions completions =
                Completions.of(session, line.line().substring(0, line.cursor()));
        String typed = line.word().substring(0, line.wordCursor());
        String before = typed.endsWith(completions.word())
                ? typed.substring(0, typed.length() - completions.word().length()) : "";
        for (Object each : completions.candidates()) {
            Map<?, ?> candidate = (Map<?, ?>) each;
            String value = before + candidate.get("value");
            String help = (String) candidate.get("help");
            candidates.add(new Candidate(value, value, null, help.isEmpty() ? null : help, null,
                    null, !Boolean.TRUE.equals(candidate.get("open"))));
        }
    }
}
