package io.backplane.categories;

import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.List;

/**
 * A method as its class file tells it.
 *
 * @param own        what its own annotations say
 * @param lock       what they say of the graph lock, or null
 * @param parameters what the annotations of each parameter say
 * @param faults     what its annotations say against each other
 */
record MethodFacts(ClassFacts owner, MethodModel model, String name, String descriptor,
        Declared own, LockMark lock, List<Declared> parameters, List<String> faults) {

    boolean is(AccessFlag flag) {
        return model.flags().has(flag);
    }

    boolean isConstructor() {
        return name.equals("<init>");
    }

    boolean isInitializer() {
        return name.startsWith("<");
    }

    /** Whether another method can override it, or it another one. */
    boolean isVirtual() {
        return !is(AccessFlag.STATIC) && !is(AccessFlag.PRIVATE) && !isInitializer();
    }

    /** The body of a lambda. */
    boolean isLambda() {
        return is(AccessFlag.SYNTHETIC) && name.startsWith("lambda$");
    }

    MethodTypeDesc type() {
        return model.methodTypeSymbol();
    }

    CodeModel code() {
        return model.code().orElse(null);
    }

    /** Local variable slot of parameter {@code index}. */
    int slotOf(int index) {
        int slot = is(AccessFlag.STATIC) ? 0 : 1;
        for (int i = 0; i < index; i++) {
            slot += Stack.slots(type().parameterType(i));
        }
        return slot;
    }

    /** Name for people. */
    String title() {
        String type = owner.title();
        if (isLambda()) {
            String[] parts = name.split("\\$");
            String in = parts.length > 1 ? parts[1] : "";
            return "a lambda of " + type + (in.equals("new") || in.isEmpty() ? "" : "." + in);
        }
        return isConstructor() ? "the constructor of " + type : type + "." + name;
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
