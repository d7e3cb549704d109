package io.backplane.tool.explore.scenario;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Reaches hidden members of shipped classes, for scenarios and planted bugs. */
final class Inside {
    private record Key(Class<?> type, String name) {
    }

    private static final Map<Key, Field> FIELDS = new ConcurrentHashMap<>();
    private static final Map<Key, Method> METHODS = new ConcurrentHashMap<>();

    private Inside() {
    }

    /** The value of a field, inherited ones included. */
    @SuppressWarnings("unchecked")
    static <T> T get(Object of, String name) {
        try {
            return (T) field(of, name).get(of);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sets a field that is not final. */
    static void set(Object of, String name, Object value) {
        try {
            field(of, name).set(of, value);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Field field(Object of, String name) {
        return FIELDS.computeIfAbsent(new Key(of.getClass(), name), key -> {
            for (Class<?> type = key.type; type != null; type = type.getSuperclass()) {
                for (Field field : type.getDeclaredFields()) {
                    if (field.getName().equals(name)) {
                        field.setAccessible(true);
                        return field;
                    }
                }
            }
            throw new IllegalStateException("no field " + key);
        });
    }

    /** Calls the method of that name and number of arguments. */
    @SuppressWarnings("unchecked")
    static <T> T call(Object of, String name, Object... arguments) {
        Method method = METHODS.computeIfAbsent(
                new Key(of.getClass(), name + "/" + arguments.length),
                key -> find(key.type, name, arguments));
        try {
            return (T) method.invoke(of, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw Inside.<RuntimeException>unchecked(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same exception: the shipped caller of a planted call expects it. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> E unchecked(Throwable e) throws E {
        throw (E) e;
    }

    private static Method find(Class<?> type, String name, Object[] arguments) {
        for (Method method : type.getDeclaredMethods()) {
            if (method.getName().equals(name) && fits(method.getParameterTypes(), arguments)) {
                method.setAccessible(true);
                return method;
            }
        }
        throw new IllegalStateException("no method " + type.getName() + "." + name);
    }

    private static boolean fits(Class<?>[] types, Object[] arguments) {
        if (types.length != arguments.length) {
            return false;
        }
        for (int i = 0; i < types.length; i++) {
            if (!types[i].isPrimitive() && !types[i].isInstance(arguments[i])) {
                return false;
            }
        }
        return true;
    }
}
