package io.backplane.console;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;

/** Runs one line in a session: prints its result, or its failure as one line. */
final class CommandRunner {
    private CommandRunner() {
    }

    /** Runs {@code line}; returns whether it succeeded. */
    static boolean run(CommandSession session, String line, PrintWriter out) {
        if (line.isBlank()) {
            return true;
        }
        try {
            Object result = session.execute(line);
            session.getConsole().flush();
            if (result != null) {
                out.println(session.format(result, Converter.INSPECT));
            }
            return true;
        } catch (Exception e) {
            out.println("error: " + message(e));
            return false;
        } finally {
            out.flush();
        }
    }

    private static String message(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof InvocationTargetException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        return message.lines().findFirst().orElse(cause.toString());
    }
}
