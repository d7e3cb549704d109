package io.backplane.console;

import java.util.List;
import java.util.Map;
import org.apache.felix.service.command.CommandSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a line may go on: what the command {@code bp:complete} says, which knows the commands.
 *
 * @param word what the candidates replace, at the end of the line
 * @param candidates objects with {@code value}, {@code help} and {@code open}: whether more is to
 *     follow without a space
 */
record Completions(String word, List<?> candidates) {
    private static final Logger LOG = LoggerFactory.getLogger(Completions.class);

    /**
     * Asks.
     *
     * @param line up to the cursor
     */
    static Completions of(CommandSession session, String line) {
        Object saved = session.get("line");
        session.put("line", line);
        try {
            if (session.execute("bp:complete $line") instanceof Map<?, ?> answer) {
                return new Completions((String) answer.get("word"),
                        (List<?>) answer.get("candidates"));
            }
        } catch (Exception | StackOverflowError | AssertionError e) {
            LOG.debug("no completion of '{}'", line, e);
        } finally {
            session.put("line", saved);
        }
        return new Completions("", List.of());
    }
}
