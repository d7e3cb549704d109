package io.backplane.shell;

import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;

/**
 * A command of the shell's own, with {@code --help} as all have.
 *
 * @param name the command's name, described in {@link OwnHelp}
 * @param words what it may be given, for its usage line; empty: nothing
 * @param body does it
 */
record OwnCommand(String name, String words, Body body) implements Function {

    /** What a command does. */
    @FunctionalInterface
    interface Body {
        void run(CommandSession session, List<String> words) throws Exception;
    }

    /** What a command without words does. */
    @FunctionalInterface
    interface Simple {
        void run(CommandSession session) throws Exception;
    }

    /** A command that is given nothing. */
    static OwnCommand of(String name, Simple body) {
        return new OwnCommand(name, "", (session, _) -> body.run(session));
    }

    @Override
    public Object execute(CommandSession session, List<Object> arguments) throws Exception {
        List<String> given = QmpFunction.words(arguments);
        boolean help = !given.isEmpty() && given.getFirst().matches("--help|-h");
        if (help) {
            session.getConsole().println(name + ": " + OwnHelp.LINES.get(name));
            session.getConsole().println(("Usage: " + name + " " + words).stripTrailing());
        } else if (words.isEmpty() && !given.isEmpty()) {
            throw new UsageException("'" + name + "' takes no arguments, not '"
                    + given.getFirst() + "'");
        } else {
            body.run(session, given);
        }
        return null;
    }
}
