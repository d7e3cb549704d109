package io.backplane.shell;

import io.backplane.schema.Branches;
import io.backplane.schema.Json;
import io.backplane.schema.Keyval;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import io.backplane.schema.TypeModel;
import io.backplane.schema.TypeModel.ListModel;
import io.backplane.schema.TypeModel.Member;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The words after a command's name made its arguments, by the type of those. All forms may be
 * mixed:
 *
 * <ul>
 * <li>{@code key=value[,key=value...]}: as on the command line of the daemon, a comma in a value
 *     doubled;
 * <li>{@code --key value}, {@code --key=value}: the value as it stands; {@code --key} alone
 *     switches a boolean on; a value that begins with a brace or bracket is JSON if the key takes
 *     parts;
 * <li>{@code {"key": value}}: JSON;
 * <li>{@code value}: the next required argument that has not got one.
 * </ul>
 *
 * Keys have dots for members of members and indices of lists; a list of words may be written with
 * commas.
 */
final class Arguments {
    private static final Set<String> SWITCH =
            Set.of("on", "off", "true", "false", "yes", "no", "y", "n");

    private final String command;
    private final Members members;
    private final StringBuilder text = new StringBuilder();
    private final Map<String, Object> json = new LinkedHashMap<>();
    private final Map<String, Object> jsonAt = new LinkedHashMap<>();
    private final List<String> positional = new ArrayList<>();

    private Arguments(String command, Members members) {
        this.command = command;
        this.members = members;
    }

    /**
     * The arguments of a command.
     *
     * @param type their record; null: it has none
     * @return an instance of {@code type}, or null
     * @throws UsageException naming what does not fit
     */
    static Record parse(String command, Class<? extends Record> type, Branches branches,
            List<String> words) {
        if (type == null) {
            if (!words.isEmpty()) {
                throw new UsageException("'" + command + "' takes no arguments, not '"
                        + words.getFirst() + "'");
            }
            return null;
        }
        Arguments arguments = new Arguments(command, new Members(type, branches));
        try {
            arguments.read(words);
            return arguments.record(type, branches);
        } catch (OptionException e) {
            throw new UsageException(e.getMessage());
        }
    }

    private void read(List<String> words) throws OptionException {
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.startsWith("--")) {
                String next = i + 1 < words.size() ? words.get(i + 1) : null;
                i += readOption(word.substring(2), next) ? 1 : 0;
            } else if (word.startsWith("{")) {
                json.putAll(Json.parseObject(word));
            } else if (isKeyval(word)) {
                append(word);
            } else {
                positional.add(word);
            }
        }
    }

    /** Whether a word has the form key=value. */
    static boolean isKeyval(String word) {
        int equals = word.indexOf('=');
        return equals > 0 && word.substring(0, equals).matches("[A-Za-z_][A-Za-z0-9_.-]*");
    }

    /** Whether the option took {@code next}, which may be null, as its value. */
    private boolean readOption(String option, String next) throws OptionException {
        int equals = option.indexOf('=');
        if (equals >= 0) {
            put(option.substring(0, equals), option.substring(equals + 1));
            return false;
        }
        TypeModel type = members.type(option, known());
        if (type == TypeModel.Builtin.BOOLEAN && (next == null || !SWITCH.contains(next))) {
            put(option, "on");
            return false;
        }
        if (next == null) {
            throw new UsageException("option '--" + option + "' needs a value");
        }
        put(option, next);
        return true;
    }

    private void put(String key, String value) throws OptionException {
        boolean looksJson = value.startsWith("{") || value.startsWith("[");
        TypeModel type = looksJson ? members.type(key, known()) : null;
        if (type != null && !(type instanceof TypeModel.Builtin)) {
            jsonAt.put(key, Json.parse(value));
        } else {
            append(key + "=" + value.replace(",", ",,"));
        }
    }

    /** What is known so far, with the words that stand alone where they belong. */
    private Map<String, Object> known() throws OptionException {
        Map<String, Object> tree = tree();
        place(tree);
        return tree;
    }

    /** Puts the words that stand alone where they belong. */
    private void place(Map<String, Object> tree) {
        for (String word : positional) {
            String key = members.nextPositional(command, tree, tree.keySet());
            if (key == null) {
                throw new UsageException("unexpected word '" + word
                        + "' (" + command + " --help shows the arguments)");
            }
            tree.put(key, word);
        }
    }

    private void append(String keyval) {
        text.append(text.isEmpty() ? "" : ",").append(keyval);
    }

    private Map<String, Object> tree() throws OptionException {
        Map<String, Object> tree = Keyval.parse(text.toString(), null);
        json.forEach(tree::put);
        for (Map.Entry<String, Object> entry : jsonAt.entrySet()) {
            place(tree, entry.getKey(), entry.getValue());
        }
        return tree;
    }

    @SuppressWarnings("unchecked")
    private static void place(Map<String, Object> tree, String key, Object value) {
        Map<String, Object> map = tree;
        String[] parts = key.split("\\.");
        for (String part : Arrays.copyOf(parts, parts.length - 1)) {
            Object inner = map.computeIfAbsent(part, _ -> new LinkedHashMap<>());
            if (!(inner instanceof Map<?, ?>)) {
                throw new UsageException("Parameters '" + key + "' used inconsistently");
            }
            map = (Map<String, Object>) inner;
        }
        map.put(parts[parts.length - 1], value);
    }

    private Record record(Class<? extends Record> type, Branches branches)
            throws OptionException {
        OptionParser parser = new OptionParser(branches);
        if (text.isEmpty() && jsonAt.isEmpty() && positional.isEmpty()) {
            return parser.parse(type, json);
        }
        Map<String, Object> tree = tree();
        place(tree);
        for (Member member : members.all(tree)) {
            if (member.type() instanceof ListModel
                    && tree.get(member.name()) instanceof String list) {
                tree.put(member.name(), List.of(list.split(",")));
            }
        }
        return parser.parseKeyval(type, tree);
    }
}
