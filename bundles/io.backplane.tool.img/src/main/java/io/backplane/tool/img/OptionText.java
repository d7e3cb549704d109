package io.backplane.tool.img;

import java.util.LinkedHashMap;
import java.util.Map;

/** {@code name=value,...} lists of {@code -o}; a comma in a value is doubled. */
final class OptionText {
    private OptionText() {
    }

    /** Adds what {@code text} says to {@code said}; a name alone means on. */
    static void parse(String text, Map<String, String> said) {
        StringBuilder item = new StringBuilder();
        for (int i = 0; i <= text.length(); i++) {
            boolean end = i == text.length();
            if (!end && text.charAt(i) == ',' && i + 1 < text.length()
                    && text.charAt(i + 1) == ',') {
                item.append(',');
                i++;
            } else if (end || text.charAt(i) == ',') {
                add(item.toString(), said);
                item.setLength(0);
            } else {
                item.append(text.charAt(i));
            }
        }
    }

    private static void add(String item, Map<String, String> said) {
        if (item.isEmpty()) {
            return;
        }
        int equals = item.indexOf('=');
        if (equals < 0) {
            said.put(item, "on");
        } else {
            said.put(item.substring(0, equals), item.substring(equals + 1));
        }
    }

    static boolean asksForHelp(String text) {
        Map<String, String> said = new LinkedHashMap<>();
        parse(text, said);
        return said.containsKey("help") || said.containsKey("?");
    }
}
