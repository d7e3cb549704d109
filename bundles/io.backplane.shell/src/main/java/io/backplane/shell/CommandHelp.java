package io.backplane.shell;

import io.backplane.qmp.QmpCommand;
import io.backplane.schema.Branches;
import io.backplane.schema.TypeModel;
import io.backplane.schema.TypeModel.AlternateModel;
import io.backplane.schema.TypeModel.EnumModel;
import io.backplane.schema.TypeModel.ListModel;
import io.backplane.schema.TypeModel.Member;
import io.backplane.schema.TypeModel.StructModel;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The help of a command, from its schema. */
final class CommandHelp {
    private static final int WORDS_MAX = 8;

    private CommandHelp() {
    }

    /**
     * Prints the help.
     *
     * @param words those given besides {@code --help}: they may select the branch of a union
     */
    static void print(QmpCommand command, Branches branches, List<String> words,
            PrintStream out) {
        out.println(command.name() + (command.help().isEmpty() ? "" : ": " + command.help()));
        if (command.arguments() == null) {
            out.println("Takes no arguments.");
            return;
        }
        StructModel model = TypeModel.struct(command.arguments());
        Members members = new Members(command.arguments(), branches);
        Map<String, Object> selected = selected(model, words);
        Table table = new Table("argument", "type", "", "meaning");
        for (Member member : members.all(selected)) {
            List<String> choices = members.words(member, member.name(), selected);
            table.row("--" + member.name(), type(member), member.optional() ? "" : "required",
                    member.help() + (member.type() == TypeModel.Builtin.BOOLEAN ? ""
                            : choices(choices)));
        }
        table.print(out);
        if (model.discriminator() != null && selected.isEmpty()) {
            out.println("More arguments depend on '" + model.discriminator() + "': "
                    + command.name() + " " + model.discriminator() + "=... --help shows them.");
        }
        usage(command, members, selected, out);
    }

    private static void usage(QmpCommand command, Members members, Map<String, Object> selected,
            PrintStream out) {
        StringBuilder usage = new StringBuilder("Usage: ").append(command.name());
        Set<String> taken = new java.util.HashSet<>();
        String next = members.nextPositional(command.name(), selected, taken);
        while (next != null) {
            usage.append(' ').append(selected.getOrDefault(next, next.toUpperCase(
                    java.util.Locale.ROOT)));
            taken.add(next);
            next = members.nextPositional(command.name(), selected, taken);
        }
        out.println(usage.append(" [KEY=VALUE...|--KEY VALUE...|'JSON'] [--json]"));
    }

    private static Map<String, Object> selected(StructModel model, List<String> words) {
        Map<String, Object> selected = new LinkedHashMap<>();
        if (model.discriminator() != null && !words.isEmpty()) {
            String key = model.discriminator() + "=";
            String value = words.getFirst();
            for (String word : String.join(",", words).split(",")) {
                String plain = word.startsWith("--") ? word.substring(2) : word;
                value = plain.startsWith(key) ? plain.substring(key.length()) : value;
            }
            selected.put(model.discriminator(), value);
        }
        return selected;
    }

    private static String choices(List<String> words) {
        if (words.isEmpty()) {
            return "";
        }
        String shown = String.join(", ", words.subList(0, Math.min(WORDS_MAX, words.size())));
        return " (" + shown + (words.size() > WORDS_MAX ? ", ..." : "") + ")";
    }

    private static String type(Member member) {
        return member.size() ? "size" : type(member.type());
    }

    private static String type(TypeModel type) {
        return switch (type) {
            case ListModel list -> "list of " + type(list.element());
            case EnumModel _ -> "word";
            case AlternateModel alternate -> String.join(" or ",
                    alternate.variants().stream().map(v -> type(v.type())).distinct().toList());
            case StructModel _ -> "object";
            case TypeModel.Builtin builtin -> builtin.typeName();
        };
    }
}
