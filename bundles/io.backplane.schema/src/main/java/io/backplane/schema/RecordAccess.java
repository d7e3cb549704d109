package io.backplane.schema;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;

/** Makes and reads records of one class. */
final class RecordAccess {
    private final Class<? extends Record> type;
    private final Constructor<? extends Record> constructor;
    private final Method[] accessors;

    RecordAccess(Class<? extends Record> type) {
        this.type = type;
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] parameters = new Class<?>[components.length];
        accessors = new Method[components.length];
        for (int i = 0; i < components.length; i++) {
            parameters[i] = components[i].getType();
            accessors[i] = components[i].getAccessor();
            accessors[i].setAccessible(true);
        }
        try {
            constructor = type.getDeclaredConstructor(parameters);
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
        constructor.setAccessible(true);
    }

    Class<? extends Record> type() {
        return type;
    }

    int count() {
        return accessors.length;
    }

    /** The value that stands for "not given" in component {@code index}. */
    Object absent(int index) {
        Class<?> component = constructor.getParameterTypes()[index];
        if (!component.isPrimitive()) {
            return null;
        }
        return component == boolean.class ? false : component == int.class ? (Object) 0
                : component == long.class ? (Object) 0L : (Object) 0.0;
    }

    Record make(String path, Object... values) throws OptionException {
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException bad) {
                throw new OptionException(path, bad.getMessage());
            }
            throw new IllegalStateException("record " + type.getName(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("record " + type.getName(), e);
        }
    }

    Object read(Object instance, int index) {
        try {
            return accessors[index].invoke(instance);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("record " + type.getName(), e);
        }
    }
}
