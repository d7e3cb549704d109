package io.backplane.shell;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Numbers with units, for people. */
final class Sizes {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Sizes() {
    }

    /** Bytes in the largest unit that leaves a whole number or one digit after the point. */
    static String text(Object bytes) {
        if (!(bytes instanceof Number number)) {
            return null;
        }
        int unit = 0;
        double scaled = number.longValue();
        while (scaled >= 1024 && unit < UNITS.length - 1) {
            scaled /= 1024;
            unit++;
        }
        return (scaled == Math.rint(scaled) ? Long.toString((long) scaled)
                : String.format(Locale.ROOT, "%.1f", scaled)) + " " + UNITS[unit];
    }

    /** Nanoseconds since something; negative: it never was. */
    static String age(Object ns) {
        if (!(ns instanceof Number number)) {
            return null;
        }
        return number.longValue() < 0 ? "never"
                : String.format(Locale.ROOT, "%.3f ms", number.longValue() / 1e6);
    }

    /** A tree in which members called {@code ...-ns} are times with units. */
    static Map<String, Object> readable(Map<?, ?> tree) {
        Map<String, Object> readable = new LinkedHashMap<>();
        tree.forEach((key, value) -> {
            String name = (String) key;
            if (name.endsWith("-ns") && value instanceof Number) {
                readable.put(name.substring(0, name.length() - 3), age(value));
            } else {
                readable.put(name, readableValue(value));
            }
        });
        return readable;
    }

    private static Object readableValue(Object value) {
        return switch (value) {
            case null -> null;
            case Map<?, ?> inner -> readable(inner);
            case List<?> list -> list.stream().map(Sizes::readableValue).toList();
            default -> value;
        };
    }
}
