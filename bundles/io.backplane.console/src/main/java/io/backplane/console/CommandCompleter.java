package io.backplane.console;

import java.util.Collection;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes the first word: plain names of scope {@code bp}, full names of the others. */
final class CommandCompleter implements Completer {
    private static final String OWN_SCOPE = "bp:";

    private final CommandSession session;

    CommandCompleter(CommandSession session) {
        this.session = session;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        if (line.wordIndex() != 0 || !(session.get(".commands") instanceof Collection<?> names)) {
            return;
        }
        for (Object each : names) {
            String name = each.toString();
            if (name.startsWith(OWN_SCOPE)) {
                candidates.add(new Candidate(name.substring(OWN_SCOPE.length())));
            } else if (line.word().contains(":")) {
                candidates.add(new Candidate(name));
            }
        }
    }
}
