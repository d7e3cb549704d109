package io.backplane.categories;

import java.lang.classfile.Annotation;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A class as its class file tells it.
 *
 * @param own     a class of the bundle that is checked, not one it imports
 * @param type    what the annotations of the type say, the default of its methods
 * @param section the lock of the graph that whoever has an open one holds, or null
 * @param methods by name and descriptor
 */
record ClassFacts(String name, String superName, List<String> interfaces, ClassModel model,
        boolean own, Declared type, LockMark section, Map<String, MethodFacts> methods) {
    private static final String ANNOTATIONS = "Lio/backplane/aio/";

    static ClassFacts parse(byte[] bytes, boolean own) {
        ClassModel model = ClassFile.of().parse(bytes);
        List<String> faults = new ArrayList<>();
        List<Annotation> marks = model.findAttribute(Attributes.runtimeInvisibleAnnotations())
                .map(a -> a.annotations()).orElse(List.of());
        ClassFacts facts = new ClassFacts(model.thisClass().asInternalName(),
                model.superclass().map(ClassEntry::asInternalName).orElse(null),
                model.interfaces().stream().map(ClassEntry::asInternalName).toList(), model, own,
                declared(marks, faults), LockMark.of(marks, faults), new LinkedHashMap<>());
        for (MethodModel method : model.methods()) {
            facts.add(method, faults);
        }
        return facts;
    }

    private void add(MethodModel method, List<String> typeFaults) {
        List<String> faults = new ArrayList<>(typeFaults);
        List<Annotation> marks = method.findAttribute(Attributes.runtimeInvisibleAnnotations())
                .map(a -> a.annotations()).orElse(List.of());
        int count = method.methodTypeSymbol().parameterCount();
        List<List<Annotation>> ofParameters = method
                .findAttribute(Attributes.runtimeInvisibleParameterAnnotations())
                .map(a -> a.parameterAnnotations()).orElse(List.of());
        // Parameters that the compiler adds come first and are not counted.
        int added = count - ofParameters.size();
        List<Declared> parameters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parameters.add(ofParameters.isEmpty() || i < added ? Declared.NOTHING
                    : declared(ofParameters.get(i - added), faults));
        }
        Declared own = declared(marks, faults);
        MethodFacts facts = new MethodFacts(this, method, method.methodName().stringValue(),
                method.methodType().stringValue(), own, LockMark.of(marks, faults), parameters,
                faults);
        methods.put(facts.name() + facts.descriptor(), facts);
    }

    private static Declared declared(List<Annotation> annotations, List<String> faults) {
        Category category = null;
        Boolean suspends = null;
        for (Annotation annotation : annotations) {
            String type = annotation.className().stringValue();
            if (!type.startsWith(ANNOTATIONS)) {
                continue;
            }
            String name = type.substring(ANNOTATIONS.length(), type.length() - 1);
            if (name.equals("Suspends") || name.equals("NoSuspend")) {
                if (suspends != null) {
                    faults.add("is both @Suspends and @NoSuspend");
                }
                suspends = name.equals("Suspends");
            }
            for (Category each : Category.values()) {
                if (each.annotation().equals(name)) {
                    if (category != null) {
                        faults.add("is both @" + category.annotation() + " and @" + name);
                    }
                    category = each;
                }
            }
        }
        if (category == Category.ANY_THREAD && Boolean.TRUE.equals(suspends)) {
            faults.add("is both @AnyThread and @Suspends");
        }
        return new Declared(category, suspends);
    }

    MethodFacts method(String key) {
        return methods.get(key);
    }

    boolean is(AccessFlag flag) {
        return model.flags().has(flag);
    }

    /** Dotted name. */
    String title() {
        return name.replace('/', '.');
    }

    /** Source file, or the class's name if the class file does not tell. */
    String source() {
        return model.findAttribute(Attributes.sourceFile())
                .map(a -> a.sourceFile().stringValue())
                .orElse(name.substring(name.lastIndexOf('/') + 1));
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
