package io.backplane.tool.img;

import java.util.ArrayList;
import java.util.List;

/**
 * Command-line options as getopt_long knows them: short ones may be bundled, long ones shortened
 * as long as they stay unique, options may follow operands, {@code --} ends them.
 */
final class Arguments {
    /**
     * One option that was given.
     *
     * @param name letter or long name, as in the table
     * @param value null: the option takes none
     */
    record Given(String name, String value) {
    }

    // Immutable
    private final List<Given> options = new ArrayList<>();
    private final List<String> operands = new ArrayList<>();
    private final String letters;
    private final String[] longNames;

    /**
     * Takes {@code args} apart.
     *
     * @param letters as in getopt: a colon behind a letter says that it takes a value
     * @param longNames long options, with {@code =} at the end if they take a value
     */
    Arguments(List<String> args, String letters, String... longNames) throws ToolException {
        this.letters = letters;
        this.longNames = longNames;
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (arg.equals("--")) {
                operands.addAll(args.subList(i + 1, args.size()));
                break;
            }
            if (arg.startsWith("--")) {
                i = takeLong(args, i);
            } else if (arg.length() > 1 && arg.charAt(0) == '-') {
                i = takeLetters(args, i);
            } else {
                operands.add(arg);
            }
        }
    }

    List<Given> options() {
        return options;
    }

    List<String> operands() {
        return operands;
    }

    private int takeLong(List<String> args, int index) throws ToolException {
        String arg = args.get(index);
        int equals = arg.indexOf('=');
        String typed = arg.substring(2, equals < 0 ? arg.length() : equals);
        String name = findLong(typed);
        if (name == null) {
            throw ToolException.usage("unrecognized option '" + arg + "'");
        }
        if (!name.endsWith("=")) {
            if (equals >= 0) {
                throw ToolException.usage("unrecognized option '" + arg + "'");
            }
            options.add(new Given(name, null));
            return index;
        }
        String plain = name.substring(0, name.length() - 1);
        if (equals >= 0) {
            options.add(new Given(plain, arg.substring(equals + 1)));
            return index;
        }
        options.add(new Given(plain, value(args, index, arg)));
        return index + 1;
    }

    private String findLong(String typed) {
        String found = null;
        for (String name : longNames) {
            String plain = name.endsWith("=") ? name.substring(0, name.length() - 1) : name;
            if (plain.equals(typed)) {
                return name;
            }
            if (plain.startsWith(typed)) {
                if (found != null) {
                    return null;
                }
                found = name;
            }
        }
        return found;
    }

    private int takeLetters(List<String> args, int index) throws ToolException {
        String arg = args.get(index);
        for (int i = 1; i < arg.length(); i++) {
            char letter = arg.charAt(i);
            int at = letter == ':' ? -1 : letters.indexOf(letter);
            if (at < 0) {
                throw ToolException.usage("unrecognized option '" + arg + "'");
            }
            boolean takesValue = at + 1 < letters.length() && letters.charAt(at + 1) == ':';
            String name = String.valueOf(letter);
            if (!takesValue) {
                options.add(new Given(name, null));
            } else if (i + 1 < arg.length()) {
                options.add(new Given(name, arg.substring(i + 1)));
                return index;
            } else {
                options.add(new Given(name, value(args, index, arg)));
                return index + 1;
            }
        }
        return index;
    }

    private static String value(List<String> args, int index, String arg) throws ToolException {
        if (index + 1 >= args.size()) {
            throw ToolException.usage("missing argument for option '" + arg + "'");
        }
        return args.get(index + 1);
    }
}
