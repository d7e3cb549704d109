package io.backplane.shell;

import io.backplane.qmp.QmpException;
import io.backplane.schema.Json;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;

/**
 * A reply of QMP shown for people, as a command; it is there while the QMP command is.
 *
 * @param name the command's name
 * @param query the QMP command it shows
 * @param action the QMP command for the words given to the view; null: it takes none
 * @param body prints it
 */
record View(QmpGateway gateway, String name, String query, String action, Body body)
        implements Function {

    /** Prints the reply to the view's query. */
    @FunctionalInterface
    interface Body {
        void print(Object reply, PrintStream out) throws QmpException, InterruptedException;
    }

    @Override
    public Object execute(CommandSession session, List<Object> arguments) throws Exception {
        run(new ArrayList<>(QmpFunction.words(arguments)), session.getConsole());
        return null;
    }

    private void run(List<String> words, PrintStream out)
            throws QmpException, InterruptedException {
        if (words.contains("--help") || words.contains("-h")) {
            out.println(name + ": " + OwnHelp.LINES.get(name));
            out.println("Usage: " + name + " [--json]   (--json: the reply of " + query
                    + " as it is)");
            if (action != null) {
                out.println();
                QmpFunction.run(gateway, action, words, out);
            }
            return;
        }
        boolean json = words.remove("--json");
        if (action != null && !words.isEmpty()) {
            QmpFunction.run(gateway, action, words, out);
            return;
        }
        if (!words.isEmpty()) {
            throw new UsageException("unexpected word '" + words.getFirst() + "' (" + name
                    + " takes --json and --help)");
        }
        Object reply = gateway.execute(query, List.of());
        if (json) {
            out.println(Json.writePretty(reply));
        } else {
            body.print(reply, out);
        }
    }
}
