package io.backplane.console;

/**
 * Lets JSON objects be typed without quotes, although braces and quotes mean something else to
 * Gogo: puts each into single quotes, so that it arrives as one word.
 *
 * <p>An object begins at the start of a word, or after {@code =} in one, with a brace and a double
 * quote or a brace at once; so a Gogo closure, such as <code>{ nodes; jobs }</code>, stays one. One
 * that does not end before the line does stays as it is.
 */
final class JsonWords {
    private final String line;
    private final StringBuilder quoted = new StringBuilder();
    private int at;

    private JsonWords(String line) {
        this.line = line;
    }

    /** The line with its JSON objects in quotes. */
    static String quote(String line) {
        return line.indexOf('{') < 0 ? line : new JsonWords(line).run();
    }

    private String run() {
        char before = ' ';
        while (at < line.length()) {
            char c = line.charAt(at);
            if (c == '\'' || c == '"') {
                copy(endOfQuotes(at));
            } else if (c == '\\' && at + 1 < line.length()) {
                copy(at + 2);
            } else if (c == '{' && (before == '=' || Character.isWhitespace(before))
                    && beginsObject()) {
                copyObject();
            } else {
                copy(at + 1);
            }
            before = line.charAt(at - 1);
        }
        return quoted.toString();
    }

    private void copy(int end) {
        quoted.append(line, at, end);
        at = end;
    }

    private boolean beginsObject() {
        for (int i = at + 1; i < line.length(); i++) {
            char c = line.charAt(i);
            if (!Character.isWhitespace(c)) {
                return c == '"' || c == '}';
            }
        }
        return false;
    }

    private void copyObject() {
        int depth = 0;
        for (int i = at; i < line.length(); i++) {
            switch (line.charAt(i)) {
                case '"' -> i = endOfQuotes(i) - 1;
                case '{' -> depth++;
                case '}' -> depth--;
                default -> { }
            }
            if (depth == 0) {
                quoted.append('\'').append(line.substring(at, i + 1).replace("'", "\\u0027"))
                        .append('\'');
                at = i + 1;
                return;
            }
        }
        copy(line.length());
    }

    /** Position after the quotes that begin at {@code from}. */
    private int endOfQuotes(int from) {
        char quote = line.charAt(from);
        for (int i = from + 1; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && quote == '"') {
                i++;
            } else if (c == quote) {
                return i + 1;
            }
        }
        return line.length();
    }
}
