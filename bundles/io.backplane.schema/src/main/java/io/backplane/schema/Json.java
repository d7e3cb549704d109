package io.backplane.schema;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON text and its neutral tree: {@code Map<String, Object>} in order, {@code List<Object>},
 * {@code String}, {@code Long}, {@code BigInteger} (beyond a long), {@code Double},
 * {@code Boolean}, null.
 */
public final class Json {
    private static final int INDENT = 4;

    private Json() {
    }

    /** Parses exactly one value. */
    public static Object parse(String text) throws OptionException {
        OneValue one = new OneValue();
        JsonStream stream = new JsonStream(one);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        stream.feed(bytes, 0, bytes.length);
        stream.end();
        if (one.error != null) {
            throw new OptionException("", one.error);
        }
        if (one.count != 1) {
            throw new OptionException("", one.count == 0 ? "Expecting a JSON value"
                    : "Expecting at most one JSON value");
        }
        return one.tree;
    }

    /** Parses exactly one object. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> parseObject(String text) throws OptionException {
        if (parse(text) instanceof Map<?, ?> map) {
            return (Map<String, Object>) map;
        }
        throw new OptionException("", "Expecting a JSON object");
    }

    /**
     * Members with dots in their names as members of objects: {@code "file.driver": 1} as
     * {@code "file": {"driver": 1}}.
     */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> nested(Map<String, Object> flat) throws OptionException {
        Map<String, Object> root = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : flat.entrySet()) {
            String[] parts = entry.getKey().split("\\.", -1);
            Map<String, Object> map = root;
            for (int i = 0; i < parts.length - 1; i++) {
                Object inner = map.computeIfAbsent(parts[i], _ -> new LinkedHashMap<>());
                if (!(inner instanceof Map<?, ?>)) {
                    throw clash(entry.getKey());
                }
                map = (Map<String, Object>) inner;
            }
            if (map.put(parts[parts.length - 1], entry.getValue()) != null) {
                throw clash(entry.getKey());
            }
        }
        return root;
    }

    private static OptionException clash(String key) {
        return new OptionException(key, "'" + key + "' contradicts another member");
    }

    /** One line, as QMP sends it: a space after colon and comma, ASCII only. */
    public static String write(Object tree) {
        StringBuilder out = new StringBuilder();
        write(tree, out, -1);
        return out.toString();
    }

    /** Many lines, indented by four spaces, without a final newline. */
    public static String writePretty(Object tree) {
        StringBuilder out = new StringBuilder();
        write(tree, out, 0);
        return out.toString();
    }

    private static void write(Object tree, StringBuilder out, int depth) {
        switch (tree) {
            case null -> out.append("null");
            case Map<?, ?> map -> writeMap(map, out, depth);
            case List<?> list -> writeList(list, out, depth);
            case String text -> quote(text, out);
            case Boolean _, Long _, Integer _, java.math.BigInteger _ -> out.append(tree);
            case Double number -> out.append(number);
            default -> throw new IllegalArgumentException(
                    "not part of a neutral tree: " + tree.getClass().getName());
        }
    }

    private static void writeMap(Map<?, ?> map, StringBuilder out, int depth) {
        out.append('{');
        int inner = depth < 0 ? -1 : depth + 1;
        boolean first = true;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            separate(out, first, inner);
            first = false;
            quote((String) entry.getKey(), out);
            out.append(": ");
            write(entry.getValue(), out, inner);
        }
        close(out, depth).append('}');
    }

    private static void writeList(List<?> list, StringBuilder out, int depth) {
        out.append('[');
        int inner = depth < 0 ? -1 : depth + 1;
        boolean first = true;
        for (Object element : list) {
            separate(out, first, inner);
            first = false;
            write(element, out, inner);
        }
        close(out, depth).append(']');
    }

    private static void separate(StringBuilder out, boolean first, int depth) {
        if (!first) {
            out.append(depth < 0 ? ", " : ",");
        }
        if (depth >= 0) {
            out.append('\n').repeat(' ', depth * INDENT);
        }
    }

    private static StringBuilder close(StringBuilder out, int depth) {
        return depth < 0 ? out : out.append('\n').repeat(' ', depth * INDENT);
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int escape = "\"\\\b\f\n\r\t".indexOf(c);
            if (escape >= 0) {
                out.append('\\').append("\"\\bfnrt".charAt(escape));
            } else if (c < 0x20 || c >= 0x7f) {
                out.append(String.format("\\u%04X", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private static final class OneValue implements JsonStream.Sink {
        private Object tree;
        private int count;
        private String error;

        @Override
        public void value(Object value) {
            tree = value;
            count++;
        }

        @Override
        public void error(String message) {
            if (error == null) {
                error = message;
            }
        }
    }
}
