package io.backplane.shell;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Any reply for people: a list of objects is a table, an object is lines of key and value, members
 * of members have keys with dots.
 */
final class ReplyText {
    private static final int COLUMNS_MAX = 12;
    private static final int CELL_LENGTH_MAX = 60;

    private ReplyText() {
    }

    /** Prints a reply; an empty object prints nothing. */
    static void print(Object reply, PrintStream out) {
        switch (reply) {
            case Map<?, ?> map -> printObject(map, out);
            case List<?> list when list.isEmpty() -> out.println("(none)");
            case List<?> list when list.stream().allMatch(e -> e instanceof Map<?, ?>) ->
                    printList(list, out);
            case List<?> list -> list.forEach(element -> out.println(cell(element)));
            case null, default -> out.println(cell(reply));
        }
    }

    private static void printObject(Map<?, ?> map, PrintStream out) {
        Map<String, Object> flat = new LinkedHashMap<>();
        flatten("", map, flat);
        int width = flat.keySet().stream().mapToInt(String::length).max().orElse(0);
        flat.forEach((key, value) -> out.println(
                key + " ".repeat(width - key.length()) + "  " + cell(value)));
    }

    private static void printList(List<?> list, PrintStream out) {
        List<Map<String, Object>> rows = new ArrayList<>();
        Set<String> columns = new LinkedHashSet<>();
        for (Object element : list) {
            Map<String, Object> flat = new LinkedHashMap<>();
            flatten("", (Map<?, ?>) element, flat);
            rows.add(flat);
            columns.addAll(flat.keySet());
        }
        if (columns.size() > COLUMNS_MAX) {
            for (int i = 0; i < list.size(); i++) {
                if (i > 0) {
                    out.println();
                }
                printObject((Map<?, ?>) list.get(i), out);
            }
            return;
        }
        Table table = new Table(columns.toArray(String[]::new));
        for (Map<String, Object> row : rows) {
            table.row(columns.stream().map(c -> row.containsKey(c) ? shortCell(row.get(c)) : null)
                    .toArray());
        }
        table.print(out);
    }

    private static void flatten(String prefix, Map<?, ?> map, Map<String, Object> flat) {
        map.forEach((key, value) -> {
            if (value instanceof Map<?, ?> inner && !inner.isEmpty()) {
                flatten(prefix + key + ".", inner, flat);
            } else if (value instanceof List<?> list && !list.isEmpty()
                    && list.getFirst() instanceof Map<?, ?>) {
                for (int i = 0; i < list.size(); i++) {
                    flatten(prefix + key + ".", Map.of(Integer.toString(i), list.get(i)), flat);
                }
            } else {
                flat.put(prefix + key, value);
            }
        });
    }

    private static String shortCell(Object value) {
        String text = cell(value);
        return text.length() > CELL_LENGTH_MAX ? text.substring(0, CELL_LENGTH_MAX - 3) + "..."
                : text;
    }

    private static String cell(Object value) {
        return switch (value) {
            case null -> "null";
            case Boolean on -> on ? "yes" : "no";
            case List<?> list when list.isEmpty() -> "(none)";
            case List<?> list -> String.join(",", list.stream().map(ReplyText::cell).toList());
            case Map<?, ?> map when map.isEmpty() -> "{}";
            default -> value.toString();
        };
    }
}
