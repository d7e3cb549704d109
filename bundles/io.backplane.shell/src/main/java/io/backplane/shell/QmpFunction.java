package io.backplane.shell;

import io.backplane.qmp.QmpException;
import io.backplane.schema.Json;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;

/**
 * A QMP command as a shell command of the same name. {@code --help} anywhere shows its arguments,
 * {@code --json} prints the reply as it is.
 */
final class QmpFunction implements Function {
    private final QmpGateway gateway;
    private final String name;

    QmpFunction(QmpGateway gateway, String name) {
        this.gateway = gateway;
        this.name = name;
    }

    @Override
    public Object execute(CommandSession session, List<Object> arguments) throws Exception {
        run(gateway, name, located(words(arguments), session.currentDir()),
                session.getConsole());
        return null;
    }

    /** The files of these commands are the user's, not the daemon's. */
    private List<String> located(List<String> words, Path folder) {
        if (!name.equals("deploy") || folder == null) {
            return words;
        }
        return words.stream().map(word -> !word.startsWith("-") && word.indexOf('=') < 0
                && !word.startsWith("{") && !word.isEmpty()
                ? folder.resolve(word).toString() : word).toList();
    }

    /** The words Gogo made of the rest of the line. */
    static List<String> words(List<Object> arguments) {
        return arguments.stream().map(String::valueOf).toList();
    }

    /** Executes a command and prints its reply or help. */
    static void run(QmpGateway gateway, String name, List<String> given, PrintStream out)
            throws QmpException, InterruptedException {
        List<String> words = new ArrayList<>(given);
        boolean help = words.remove("--help") | words.remove("-h");
        boolean json = words.remove("--json");
        if (help) {
            CommandHelp.print(gateway.command(name), gateway.branches(), words, out);
            return;
        }
        Object reply = gateway.execute(name, words);
        if (json) {
            out.println(Json.writePretty(reply));
        } else if (!(reply instanceof Map<?, ?> map && map.isEmpty())) {
            ReplyText.print(reply, out);
        }
    }
}
