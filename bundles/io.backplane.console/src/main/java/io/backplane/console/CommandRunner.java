package io.backplane.console;

import io.backplane.qmp.QmpException;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutionException;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;

/**
 * Runs lines in a session. A failure is one line, {@code class: sentence}, with QMP's class for
 * what a QMP command refused.
 */
final class CommandRunner {
    private CommandRunner() {
    }

    /**
     * How a line ended.
     *
     * @param code 0: well; 1: a command failed; 2: the line can't be executed as typed
     * @param error one line; null: none
     */
    record Outcome(int code, String error) {
        private static final Outcome GOOD = new Outcome(0, null);
    }

    /** Runs {@code line}; its output, and the value of its last command, go to the session. */
    static Outcome run(CommandSession session, String line) {
        if (line.isBlank() || line.stripLeading().startsWith("#")) {
            return Outcome.GOOD;
        }
        try {
            Object result = session.execute(JsonWords.quote(line));
            CharSequence value = result == null ? "" : session.format(result, Converter.INSPECT);
            if (!value.isEmpty()) {
                session.getConsole().println(value);
            }
            return Outcome.GOOD;
        } catch (Exception | AssertionError | StackOverflowError e) {
            return outcome(e);
        } finally {
            session.getConsole().flush();
        }
    }

    private static Outcome outcome(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof InvocationTargetException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return switch (cause) {
            case QmpException refusal -> new Outcome(1,
                    refusal.errorClass().wireName() + ": " + sentence(refusal));
            case Exception unknown when unknown.getClass().getSimpleName()
                    .equals("CommandNotFoundException") ->
                    new Outcome(2, "CommandNotFound: there is no command '" + notFound(unknown)
                            + "' (help lists them)");
            case IllegalArgumentException mistake ->
                    new Outcome(2, "UsageError: " + sentence(mistake));
            case Exception e when isGogos(e) ->
                    new Outcome(2, "UsageError: " + sentence(e));
            default -> new Outcome(1, "GenericError: " + sentence(cause));
        };
    }

    /** Whether Gogo itself could not read the line. */
    private static boolean isGogos(Exception failure) {
        StackTraceElement[] stack = failure.getStackTrace();
        return stack.length > 0
                && stack[0].getClassName().startsWith("org.apache.felix.gogo.runtime.");
    }

    private static String notFound(Throwable cause) {
        String message = sentence(cause);
        return message.substring(message.lastIndexOf(' ') + 1);
    }

    private static String sentence(Throwable cause) {
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        return message.lines().findFirst().orElse(cause.toString());
    }
}
