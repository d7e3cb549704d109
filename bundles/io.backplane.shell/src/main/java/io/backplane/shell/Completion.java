package io.backplane.shell;

import io.backplane.qmp.QmpCommand;
import io.backplane.schema.Branches;
import io.backplane.schema.Keyval;
import io.backplane.schema.OptionException;
import io.backplane.schema.TypeModel;
import io.backplane.schema.TypeModel.AlternateModel;
import io.backplane.schema.TypeModel.Member;
import io.backplane.schema.TypeModel.StructModel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * How a line may go on: commands, then for a QMP command its keys and the values they may have, as
 * things are at this moment.
 */
final class Completion {

    /**
     * One way to go on.
     *
     * @param value the whole word
     * @param help for people; may be empty
     * @param open whether more is to follow without a space
     */
    record Candidate(String value, String help, boolean open) {
    }

    private final SortedMap<String, QmpCommand> commands;
    private final Branches branches;
    private final Collection<String> names;
    private final Names there;

    /**
     * @param names all commands of the shell, as {@code scope:name}
     * @param there names of what exists
     */
    Completion(SortedMap<String, QmpCommand> commands, Branches branches,
            Collection<String> names, Names there) {
        this.commands = commands;
        this.branches = branches;
        this.names = names;
        this.there = there;
    }

    /** The words of the last command of {@code line}; the last is the one to complete. */
    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        char quote = 0;
        for (char c : line.toCharArray()) {
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
                word.append(c);
            } else if (c == '\'' || c == '"') {
                quote = c;
                word.append(c);
            } else if (c == ';' || c == '|') {
                words.clear();
                word.setLength(0);
            } else if (Character.isWhitespace(c)) {
                if (!word.isEmpty()) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            } else {
                word.append(c);
            }
        }
        words.add(word.toString());
        return words;
    }

    /** The candidates for the last of {@code words}. */
    List<Candidate> of(List<String> words) {
        String last = words.getLast();
        if (words.size() == 1) {
            return commandNames(last);
        }
        String name = words.getFirst().startsWith("bp:") ? words.getFirst().substring(3)
                : words.getFirst();
        List<String> given = words.subList(1, words.size() - 1);
        if (name.equals("qmp") || name.equals("help")) {
            if (given.isEmpty()) {
                return starting(last, "", commands.keySet(), false);
            }
            return name.equals("help") ? List.of()
                    : of(words.subList(1, words.size()));
        }
        QmpCommand command = commands.get(name);
        if (command == null) {
            return last.startsWith("--") ? starting(last, "--", List.of("help", "json"), false)
                    : starting(last, "", there.forCommand(name), false);
        }
        return command.arguments() == null
                ? starting(last, "--", List.of("help", "json"), false)
                : new Line(command, given).of(last);
    }

    private List<Candidate> commandNames(String last) {
        List<Candidate> candidates = new ArrayList<>();
        for (String full : new TreeSet<>(names)) {
            boolean own = full.startsWith("bp:");
            String shown = own && !last.startsWith("bp:") ? full.substring(3) : full;
            if (shown.startsWith(last) && (own || last.contains(":"))
                    && !shown.equals("complete")) {
                QmpCommand command = own ? commands.get(full.substring(3)) : null;
                candidates.add(new Candidate(shown, command == null ? "" : command.help(),
                        false));
            }
        }
        return candidates;
    }

    private static List<Candidate> starting(String last, String prefix,
            Collection<String> words, boolean open) {
        return words.stream().map(word -> prefix + word).filter(word -> word.startsWith(last))
                .map(word -> new Candidate(word, "", open)).toList();
    }

    /** A command with the arguments given before the word to complete. */
    private final class Line {
        private final QmpCommand command;
        private final Members members;
        private final List<String> given;
        private final Map<String, Object> tree = new LinkedHashMap<>();

        Line(QmpCommand command, List<String> given) {
            this.command = command;
            this.members = new Members(command.arguments(), branches);
            this.given = given;
            readGiven();
        }

        /** Reads what can be read: half of a line need not be right. */
        private void readGiven() {
            List<String> positional = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < given.size(); i++) {
                String word = given.get(i);
                if (word.startsWith("--")) {
                    boolean hasValue = word.indexOf('=') >= 0;
                    String value = hasValue || i + 1 == given.size()
                            || given.get(i + 1).startsWith("--") ? "" : given.get(++i);
                    append(text, word.substring(2)
                            + (hasValue ? "" : "=" + value.replace(",", ",,")));
                } else if (Arguments.isKeyval(word)) {
                    append(text, word);
                } else {
                    positional.add(word);
                }
            }
            put(text.toString());
            for (String word : positional) {
                String key = members.nextPositional(command.name(), tree, tree.keySet());
                if (key != null) {
                    tree.put(key, word);
                }
            }
        }

        private static void append(StringBuilder text, String keyval) {
            text.append(text.isEmpty() ? "" : ",").append(keyval);
        }

        private void put(String text) {
            try {
                tree.putAll(Keyval.parse(text, null));
            } catch (OptionException e) {
                tree.clear();
            }
        }

        List<Candidate> of(String last) {
            String before = given.isEmpty() ? "" : given.getLast();
            if (before.startsWith("--") && before.indexOf('=') < 0 && !last.startsWith("-")
                    && !isFlag(before.substring(2))) {
                return values(before.substring(2), "", last);
            }
            if (last.startsWith("--")) {
                int equals = last.indexOf('=');
                return equals < 0 ? keys(last, "--", "")
                        : values(last.substring(2, equals), last.substring(0, equals + 1), last);
            }
            int comma = last.lastIndexOf(',') + 1;
            String part = last.substring(comma);
            String done = last.substring(0, comma);
            put(comma == 0 ? "" : last.substring(0, comma - 1));
            int equals = part.indexOf('=');
            if (equals >= 0) {
                return values(part.substring(0, equals), last.substring(0, comma + equals + 1),
                        last);
            }
            List<Candidate> candidates = new ArrayList<>();
            String next = comma > 0 ? null
                    : members.nextPositional(command.name(), tree, tree.keySet());
            if (next != null) {
                candidates.addAll(values(next, "", last));
            }
            candidates.addAll(keys(part, "", done));
            return candidates;
        }

        private boolean isFlag(String key) {
            return key.equals("help") || key.equals("json")
                    || members.type(key, tree) == TypeModel.Builtin.BOOLEAN;
        }

        /**
         * Keys that go on from {@code part}.
         *
         * @param dashes what stands before a key, and says whether a value follows after a space
         * @param done what stands before {@code part} in the word
         */
        private List<Candidate> keys(String part, String dashes, String done) {
            String plain = part.substring(Math.min(dashes.length(), part.length()));
            int dot = plain.lastIndexOf('.');
            String owner = dot < 0 ? "" : plain.substring(0, dot);
            Map<?, ?> at = dot < 0 ? tree : tree.get(owner) instanceof Map<?, ?> m ? m : Map.of();
            List<Candidate> candidates = new ArrayList<>();
            for (Member member : members.below(owner, tree)) {
                String key = (dot < 0 ? "" : owner + ".") + member.name();
                boolean partly = hasParts(member.type());
                if (!key.startsWith(plain) || at.containsKey(member.name()) && !partly) {
                    continue;
                }
                if (partly) {
                    candidates.add(new Candidate(done + dashes + key + ".", member.help(), true));
                }
                if (!partly || isReference(member.type())) {
                    candidates.add(new Candidate(done + dashes + key + (dashes.isEmpty() ? "="
                            : ""), member.help(), dashes.isEmpty()));
                }
            }
            if (!dashes.isEmpty()) {
                candidates.addAll(starting(part, "--", List.of("help", "json"), false));
            }
            return candidates;
        }

        private static boolean hasParts(TypeModel type) {
            return type instanceof StructModel || type instanceof AlternateModel alternate
                    && alternate.variants().stream().anyMatch(v -> v.type() instanceof StructModel);
        }

        private static boolean isReference(TypeModel type) {
            return type instanceof AlternateModel alternate && alternate.variants().stream()
                    .anyMatch(v -> v.type() == TypeModel.Builtin.STRING);
        }

        private List<Candidate> values(String key, String before, String last) {
            Member member = members.find(key, tree);
            if (member == null) {
                return List.of();
            }
            List<String> words = members.words(member, key, tree);
            if (words.isEmpty()) {
                words = there.forMember(command.name(), member.name(),
                        hasParts(member.type()) && isReference(member.type()),
                        last.substring(before.length()));
            }
            boolean open = words.stream().anyMatch(word -> word.endsWith("/"));
            return starting(last, before, words, open);
        }
    }
}
