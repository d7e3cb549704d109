package io.backplane.tool.img;

import io.backplane.schema.Option;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Options records by component, without a parser: what opens an image has no time to lose. For the
 * same reason there are no switches over types, which take milliseconds to link.
 */
final class OptionRecords {
    private OptionRecords() {
    }

    /** A record of {@code type} with these components by Java name, and nothing else said. */
    static Record of(Class<? extends Record> type, Map<String, ?> said) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = said.get(components[i].getName());
        }
        try {
            Constructor<? extends Record> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make " + type.getName(), e);
        }
    }

    /** Whether records of {@code type} have a component of that Java name. */
    static boolean has(Class<? extends Record> type, String component) {
        for (RecordComponent there : type.getRecordComponents()) {
            if (there.getName().equals(component)) {
                return true;
            }
        }
        return false;
    }

    /** The members of a record that are said, by wire name: numbers, booleans, strings, maps. */
    static Map<String, Object> members(Record value) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            try {
                component.getAccessor().setAccessible(true);
                Object said = component.getAccessor().invoke(value);
                if (said != null) {
                    members.put(wireName(component), plain(said));
                }
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        return members;
    }

    private static Object plain(Object value) {
        if (value instanceof Record nested) {
            return members(nested);
        }
        if (value instanceof Enum<?> constant) {
            return kebab(constant.name());
        }
        if (value instanceof java.util.List<?> list) {
            return list.stream().map(OptionRecords::plain).toList();
        }
        return value instanceof Integer number ? (Object) number.longValue() : value;
    }

    private static String wireName(RecordComponent component) {
        Option option = component.getAnnotation(Option.class);
        return option != null && !option.name().isEmpty() ? option.name()
                : kebab(component.getName());
    }

    private static String kebab(String name) {
        StringBuilder kebab = new StringBuilder();
        boolean constant = name.equals(name.toUpperCase(java.util.Locale.ROOT));
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!constant && Character.isUpperCase(c)) {
                kebab.append('-');
            }
            kebab.append(c == '_' ? '-' : Character.toLowerCase(c));
        }
        return kebab.toString();
    }
}
