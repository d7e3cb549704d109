package io.backplane.categories;

import java.lang.classfile.Attributes;
import java.lang.classfile.attribute.InnerClassInfo;
import java.lang.reflect.AccessFlag;
import java.util.Set;

/** Which methods other bundles see, and which of them need to say a category. */
final class Exported {
    private static final Set<String> OF_OBJECT = Set.of("equals(Ljava/lang/Object;)Z",
            "hashCode()I", "toString()Ljava/lang/String;");
    private static final Set<String> VALUES = Set.of("java/lang/Record", "java/lang/Enum");

    private Exported() {
    }

    /** A type that others can name and that is no mere value. */
    static boolean isExported(ClassFacts type, Types types) {
        return isVisible(type) && !type.is(AccessFlag.SYNTHETIC)
                && !type.is(AccessFlag.ANNOTATION) && !isValue(type, types);
    }

    static boolean needsCategory(MethodFacts method) {
        return (method.is(AccessFlag.PUBLIC) || method.is(AccessFlag.PROTECTED))
                && !method.isInitializer() && !method.is(AccessFlag.SYNTHETIC)
                && !method.is(AccessFlag.BRIDGE)
                && !OF_OBJECT.contains(method.name() + method.descriptor());
    }

    private static boolean isVisible(ClassFacts type) {
        for (InnerClassInfo inner : type.model().findAttribute(Attributes.innerClasses())
                .map(a -> a.classes()).orElse(java.util.List.of())) {
            if (inner.innerClass().asInternalName().equals(type.name())) {
                return inner.outerClass().isPresent() && (inner.has(AccessFlag.PUBLIC)
                        || inner.has(AccessFlag.PROTECTED));
            }
        }
        return type.is(AccessFlag.PUBLIC);
    }

    private static boolean isValue(ClassFacts type, Types types) {
        for (ClassFacts at = type; at != null; at = types.find(at.superName())) {
            String above = at.superName();
            if (above != null && (VALUES.contains(above) || above.startsWith("java/")
                    && (above.endsWith("Exception") || above.endsWith("Error")))) {
                return true;
            }
        }
        return false;
    }
}
