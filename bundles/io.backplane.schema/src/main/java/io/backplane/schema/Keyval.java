package io.backplane.schema;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The command line's {@code driver=qcow2,file.driver=file,file.filename=x}: comma-separated
 * key=value pairs, a comma in a value doubled, dots in keys for members and list indices. The
 * result is a tree whose leaves are strings. A key given twice holds its last value.
 */
public final class Keyval {
    private static final int FRAGMENT_LENGTH_MAX = 127;

    private Keyval() {
    }

    /**
     * Takes {@code text} apart.
     *
     * @param impliedKey the key of a first part without {@code =}; null: every part has its key
     */
    public static Map<String, Object> parse(String text, String impliedKey)
            throws OptionException {
        Map<String, Object> root = new LinkedHashMap<>();
        int at = 0;
        boolean first = true;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && text.charAt(end) != '=' && text.charAt(end) != ',') {
                end++;
            }
            boolean hasValue = end < text.length() && text.charAt(end) == '=';
            String key = text.substring(at, end);
            int valueAt = end + 1;
            if (!hasValue) {
                if (!first || impliedKey == null || key.isEmpty()) {
                    checkKey(key);
                    throw new OptionException(key, "Expected '=' after parameter '" + key + "'");
                }
                key = impliedKey;
                valueAt = at;
            }
            StringBuilder value = new StringBuilder();
            at = readValue(text, valueAt, value);
            put(root, checkKey(key), key, value.toString());
            first = false;
        }
        for (Map.Entry<String, Object> entry : root.entrySet()) {
            entry.setValue(listify(entry.getValue(), entry.getKey()));
        }
        return root;
    }

    private static int readValue(String text, int from, StringBuilder value) {
        int at = from;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == ',') {
                if (at == text.length() || text.charAt(at) != ',') {
                    return at;
                }
                at++;
            }
            value.append(c);
        }
        return at;
    }

    private static String[] checkKey(String key) throws OptionException {
        String[] fragments = key.split("\\.", -1);
        for (String fragment : fragments) {
            if (fragment.length() > FRAGMENT_LENGTH_MAX) {
                throw new OptionException(key, "Parameter '" + key + "' is too long");
            }
            if (!isName(fragment) && (!isIndex(fragment) || fragment == fragments[0])) {
                throw new OptionException(key, "Invalid parameter '" + key + "'");
            }
        }
        return fragments;
    }

    private static boolean isName(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
            if (!letter && (i == 0 ? c != '_' : (c < '0' || c > '9') && c != '-' && c != '_')) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static boolean isIndex(String text) {
        return !text.isEmpty() && text.length() <= 9 && text.chars().allMatch(
                c -> c >= '0' && c <= '9');
    }

    @SuppressWarnings("unchecked")
    private static void put(Map<String, Object> root, String[] fragments, String key,
            String value) throws OptionException {
        Map<String, Object> map = root;
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < fragments.length - 1; i++) {
            path.append(i == 0 ? "" : ".").append(fragments[i]);
            Object inner = map.computeIfAbsent(fragments[i], _ -> new LinkedHashMap<>());
            if (!(inner instanceof Map<?, ?>)) {
                throw inconsistent(path.toString());
            }
            map = (Map<String, Object>) inner;
        }
        Object before = map.put(fragments[fragments.length - 1], value);
        if (before instanceof Map<?, ?>) {
            throw inconsistent(key);
        }
    }

    @SuppressWarnings("unchecked")
    private static Object listify(Object value, String path) throws OptionException {
        if (!(value instanceof Map<?, ?>)) {
            return value;
        }
        Map<String, Object> map = (Map<String, Object>) value;
        int indices = 0;
        for (Map.Entry<String, Object> entry : map.entrySet()) {
            entry.setValue(listify(entry.getValue(), path + "." + entry.getKey()));
            indices += isIndex(entry.getKey()) ? 1 : 0;
        }
        if (indices == 0) {
            return map;
        }
        if (indices < map.size()) {
            throw inconsistent(path);
        }
        List<Object> list = new ArrayList<>(indices);
        for (int i = 0; i < indices; i++) {
            Object element = map.get(Integer.toString(i));
            if (element == null) {
                throw new OptionException(path, "Parameter '" + path + "." + i + "' missing");
            }
            list.add(element);
        }
        return list;
    }

    private static OptionException inconsistent(String path) {
        return new OptionException(path, "Parameters '" + path + ".*' used inconsistently");
    }
}
