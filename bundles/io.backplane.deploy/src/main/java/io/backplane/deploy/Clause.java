package io.backplane.deploy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.Version;

/**
 * One clause of a manifest header such as {@code Export-Package}.
 *
 * @param paths      names before the first parameter
 * @param attributes {@code key=value}, typed values as their types say
 * @param directives {@code key:=value}
 */
record Clause(List<String> paths, Map<String, Object> attributes, Map<String, String> directives) {

    /** The clauses of a header; none for null. */
    static List<Clause> parse(String header) {
        List<Clause> clauses = new ArrayList<>();
        if (header != null && !header.isBlank()) {
            for (String clause : split(header, ',')) {
                clauses.add(one(clause));
            }
        }
        return clauses;
    }

    private static Clause one(String text) {
        Clause clause = new Clause(new ArrayList<>(), new LinkedHashMap<>(),
                new LinkedHashMap<>());
        for (String part : split(text, ';')) {
            int equals = part.indexOf('=');
            int quote = part.indexOf('"');
            if (equals <= 0 || quote >= 0 && quote < equals) {
                clause.paths.add(part);
                continue;
            }
            String value = unquoted(part.substring(equals + 1).strip());
            if (part.charAt(equals - 1) == ':') {
                clause.directives.put(part.substring(0, equals - 1).strip(), value);
            } else {
                clause.addAttribute(part.substring(0, equals).strip(), value);
            }
        }
        return clause;
    }

    private void addAttribute(String key, String value) {
        int colon = key.indexOf(':');
        if (colon < 0) {
            attributes.put(key, value);
            return;
        }
        String type = key.substring(colon + 1).strip();
        String name = key.substring(0, colon).strip();
        if (type.startsWith("List")) {
            boolean versions = type.contains("Version");
            attributes.put(name, split(value, ',').stream()
                    .map(item -> versions ? typed("Version", item) : (Object) item).toList());
        } else {
            attributes.put(name, typed(type, value));
        }
    }

    private static Object typed(String type, String value) {
        return switch (type) {
            case "Version" -> Version.parseVersion(value);
            case "Long" -> Long.valueOf(value.strip());
            case "Double" -> Double.valueOf(value.strip());
            default -> value;
        };
    }

    private static String unquoted(String value) {
        return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1) : value;
    }

    /** The parts between separators that stand outside quotes. */
    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int from = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i == text.length() ? separator : text.charAt(i);
            if (i < text.length() && c == '"') {
                quoted = !quoted;
            } else if (c == separator && (!quoted || i == text.length())) {
                if (!text.substring(from, i).isBlank()) {
                    parts.add(text.substring(from, i).strip());
                }
                from = i + 1;
            }
        }
        return parts;
    }
}
