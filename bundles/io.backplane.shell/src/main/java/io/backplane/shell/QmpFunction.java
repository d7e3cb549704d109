package io.backplane.shell;

import io.backplane.qmp.QmpCommand;
import io.backplane.schema.Json;
import io.backplane.schema.TypeModel;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;

/** A QMP command as a shell command of the same name; its result is printed as JSON. */
final class QmpFunction implements Function {
    private final QmpGateway gateway;
    private final String name;

    QmpFunction(QmpGateway gateway, String name) {
        this.gateway = gateway;
        this.name = name;
    }

    @Override
    public Object execute(CommandSession session, List<Object> arguments) throws Exception {
        if (arguments.size() == 1 && arguments.getFirst().toString().equals("--help")) {
            printHelp(gateway.command(name), session.getConsole());
        } else {
            print(gateway.execute(name, arguments), session.getConsole());
        }
        return null;
    }

    /** Prints a result, unless it is empty. */
    static void print(Object result, PrintStream out) {
        if (!(result instanceof Map<?, ?> map && map.isEmpty())) {
            out.println(Json.writePretty(result));
        }
    }

    private static void printHelp(QmpCommand command, PrintStream out) {
        out.println(command.name() + (command.help().isEmpty() ? "" : ": " + command.help()));
        if (command.arguments() == null) {
            out.println("no arguments");
            return;
        }
        Table table = new Table("argument", "type", "", "meaning");
        TypeModel.StructModel model = TypeModel.struct(command.arguments());
        for (TypeModel.Member member : model.members()) {
            table.row(member.name(), member.size() ? "size" : member.type().typeName(),
                    member.optional() ? "" : "required", member.help());
        }
        table.print(out);
        if (model.discriminator() != null) {
            out.println("More arguments depend on '" + model.discriminator() + "'.");
        }
    }
}
