package io.backplane.categories;

import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The bundle's classes and, as far as they are asked for, those it imports. */
final class Types {
    // Immutable
    private final ClassLookup imports;
    private final Map<String, ClassFacts> own = new HashMap<>();
    private final Map<String, List<ClassFacts>> subtypes = new HashMap<>();
    // Owned by the one thread that checks
    private final Map<String, Optional<ClassFacts>> imported = new HashMap<>();
    private final Map<MethodFacts, Declared> effective = new HashMap<>();

    Types(Collection<byte[]> classFiles, ClassLookup imports) {
        this.imports = imports;
        for (byte[] bytes : classFiles) {
            ClassFacts facts = ClassFacts.parse(bytes, true);
            own.put(facts.name(), facts);
        }
        for (ClassFacts facts : own.values()) {
            for (ClassFacts above : above(facts)) {
                subtypes.computeIfAbsent(above.name(), _ -> new ArrayList<>()).add(facts);
            }
        }
    }

    Collection<ClassFacts> own() {
        return own.values();
    }

    /** The class, or null if nothing is known of it. */
    ClassFacts find(String name) {
        if (name == null || name.startsWith("java/")) {
            return null;
        }
        ClassFacts facts = own.get(name);
        if (facts != null) {
            return facts;
        }
        Optional<ClassFacts> known = imported.get(name);
        if (known == null) {
            byte[] bytes = imports.classFile(name);
            known = bytes == null ? Optional.empty() : Optional.of(ClassFacts.parse(bytes, false));
            imported.put(name, known);
        }
        return known.orElse(null);
    }

    /** All known supertypes, superclasses first. */
    Set<ClassFacts> above(ClassFacts type) {
        Set<ClassFacts> all = new LinkedHashSet<>();
        for (ClassFacts c = find(type.superName()); c != null && all.add(c);) {
            c = find(c.superName());
        }
        List<ClassFacts> classes = new ArrayList<>(all);
        classes.add(type);
        for (ClassFacts each : classes) {
            addInterfaces(each, all);
        }
        return all;
    }

    private void addInterfaces(ClassFacts type, Set<ClassFacts> all) {
        for (String name : type.interfaces()) {
            ClassFacts found = find(name);
            if (found != null && all.add(found)) {
                addInterfaces(found, all);
            }
        }
    }

    /** The method that a call names, or null if nothing is known of it. */
    MethodFacts resolve(String owner, String key) {
        ClassFacts type = find(owner);
        if (type == null) {
            return null;
        }
        MethodFacts found = type.method(key);
        if (found != null || key.startsWith("<")) {
            return found;
        }
        for (ClassFacts above : above(type)) {
            found = above.method(key);
            if (found != null && !found.is(AccessFlag.PRIVATE)) {
                return found;
            }
        }
        return null;
    }

    /** The bundle's methods that may run when {@code method} is called. */
    List<MethodFacts> overriding(MethodFacts method) {
        List<MethodFacts> all = new ArrayList<>();
        if (method.isVirtual()) {
            String key = method.name() + method.descriptor();
            for (ClassFacts type : subtypes.getOrDefault(method.owner().name(), List.of())) {
                MethodFacts found = type.method(key);
                if (found != null && found.isVirtual()) {
                    all.add(found);
                }
            }
        }
        return all;
    }

    /** The methods that the JDK calls on an object of {@code type}, through its interfaces. */
    List<MethodFacts> entries(ClassFacts type) {
        Set<ClassFacts> classes = above(type);
        classes.add(type);
        Set<MethodFacts> entries = new LinkedHashSet<>();
        for (ClassFacts each : classes) {
            for (String name : each.interfaces()) {
                if (name.startsWith("java/")) {
                    abstractKeys(name).forEach(key -> entries.add(resolve(type.name(), key)));
                }
            }
        }
        entries.remove(null);
        return List.copyOf(entries);
    }

    private static List<String> abstractKeys(String name) {
        try {
            Class<?> type = Class.forName(name.replace('/', '.'), false,
                    ClassLoader.getPlatformClassLoader());
            return Arrays.stream(type.getMethods())
                    .filter(m -> Modifier.isAbstract(m.getModifiers()))
                    .map(m -> m.getName() + MethodType.methodType(m.getReturnType(),
                            m.getParameterTypes()).descriptorString()).toList();
        } catch (ClassNotFoundException | LinkageError e) {
            return List.of(); // an interface this JDK does not have
        }
    }

    /** What {@code method} overrides. */
    List<MethodFacts> overridden(MethodFacts method) {
        List<MethodFacts> all = new ArrayList<>();
        if (method.isVirtual()) {
            for (ClassFacts above : above(method.owner())) {
                MethodFacts found = above.method(method.name() + method.descriptor());
                if (found != null && found.isVirtual()) {
                    all.add(found);
                }
            }
        }
        return all;
    }

    /**
     * What holds for a method: its own annotations, else what it overrides, else its type's
     * annotations. Constructors and lambdas don't take the type's.
     */
    Declared declared(MethodFacts method) {
        Declared known = effective.get(method);
        if (known == null) {
            known = combine(method);
            effective.put(method, known);
        }
        return known;
    }

    private Declared combine(MethodFacts method) {
        Declared own = method.own();
        Declared above = Declared.NOTHING;
        for (MethodFacts each : overridden(method)) {
            above = above.and(eachOwn(each));
        }
        if (above.saysNothing()) {
            above = bridged(method);
        }
        Declared type = method.isInitializer() || method.isLambda() ? Declared.NOTHING
                : method.owner().type();
        Declared base = above.saysNothing() ? type : above;
        if (own.saysNothing()) {
            return base;
        }
        if (own.category() == null) {
            return new Declared(base.category(), own.suspends());
        }
        // Who says a category says all: without @Suspends it does not suspend.
        return own;
    }

    /** What a method says of the graph lock itself, else what it overrides does; null: nothing. */
    LockMark lockMark(MethodFacts method) {
        if (method.lock() != null) {
            return method.lock();
        }
        for (MethodFacts each : overridden(method)) {
            if (each.lock() != null) {
                return each.lock();
            }
        }
        return null;
    }

    private static Declared eachOwn(MethodFacts method) {
        return method.own().saysNothing() ? method.owner().type() : method.own();
    }

    /** What the bridge to this method overrides: a generic type's method with other types. */
    private Declared bridged(MethodFacts method) {
        Declared all = Declared.NOTHING;
        for (MethodFacts other : method.owner().methods().values()) {
            if (other != method && other.is(AccessFlag.BRIDGE)
                    && other.name().equals(method.name())
                    && other.type().parameterCount() == method.type().parameterCount()) {
                for (MethodFacts each : overridden(other)) {
                    all = all.and(eachOwn(each));
                }
            }
        }
        return all;
    }
}
