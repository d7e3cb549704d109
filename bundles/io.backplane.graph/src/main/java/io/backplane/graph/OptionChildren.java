package io.backplane.graph;

import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.schema.Option;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The children that a driver's options record names, found by the types of its components.
 *
 * <p>No switches over types here: the image tool starts through this class, and linking one takes
 * milliseconds that no archive of classes saves.
 */
final class OptionChildren {
    /**
     * One child.
     *
     * @param name wire name of the option
     * @param nodeName an existing node; null: not by name
     * @param inline a node to make; null: not inline; both null: explicitly none
     */
    record Ref(String name, String nodeName, BlockdevOptions inline) {
        boolean isNone() {
            return nodeName == null && inline == null;
        }
    }

    private OptionChildren() {
    }

    /** The children that {@code options} names, in the order of its components. */
    static List<Ref> of(Record options) {
        List<Ref> refs = new ArrayList<>();
        if (options == null) {
            return refs;
        }
        for (RecordComponent component : options.getClass().getRecordComponents()) {
            Object value = value(component, options);
            if (value instanceof BlockdevRef ref) {
                refs.add(ref(wireName(component), ref));
            } else if (value instanceof BlockdevRefOrNull ref) {
                refs.add(ref(wireName(component), ref));
            }
        }
        return refs;
    }

    static Ref ref(String name, BlockdevRef ref) {
        return ref instanceof BlockdevRef.ByName byName
                ? new Ref(name, byName.nodeName(), null)
                : new Ref(name, null, ((BlockdevRef.Inline) ref).options());
    }

    private static Ref ref(String name, BlockdevRefOrNull ref) {
        if (ref instanceof BlockdevRefOrNull.ByName byName) {
            return new Ref(name, byName.nodeName(), null);
        }
        return new Ref(name, null,
                ref instanceof BlockdevRefOrNull.Inline inline ? inline.options() : null);
    }

    private static Object value(RecordComponent component, Record options) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(options);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String wireName(RecordComponent component) {
        Option option = component.getAnnotation(Option.class);
        if (option != null && !option.name().isEmpty()) {
            return option.name();
        }
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** A record of {@code type} with one component set by wire name and nothing else said. */
    static Record with(Class<? extends Record> type, String name, Object value) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            if (wireName(components[i]).equals(name)) {
                values[i] = value;
            }
        }
        try {
            Constructor<? extends Record> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make " + type.getName(), e);
        }
    }
}
