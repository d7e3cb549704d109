package io.backplane.categories;

import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/**
 * A lambda or method reference where it is made.
 *
 * @param owner  class of the method it calls
 * @param name   that method's name
 * @param key    that method's name and descriptor
 * @param type   functional interface that it becomes
 * @param method name and descriptor of that interface's method
 */
record Function(String owner, String name, String key, String type, String method) {
    /** Null if the instruction makes something else, such as a text. */
    static Function of(InvokeDynamicInstruction instruction) {
        DirectMethodHandleDesc factory = instruction.bootstrapMethod();
        List<ConstantDesc> arguments = instruction.bootstrapArgs();
        if (!internal(factory.owner()).equals("java/lang/invoke/LambdaMetafactory")
                || !(arguments.get(0) instanceof MethodTypeDesc erased)
                || !(arguments.get(1) instanceof DirectMethodHandleDesc target)) {
            return null;
        }
        String descriptor = target.lookupDescriptor();
        return new Function(internal(target.owner()), target.methodName(),
                target.methodName() + descriptor,
                internal(instruction.typeSymbol().returnType()),
                instruction.name().stringValue() + erased.descriptorString());
    }

    private static String internal(java.lang.constant.ClassDesc type) {
        String descriptor = type.descriptorString();
        return descriptor.startsWith("L") ? descriptor.substring(1, descriptor.length() - 1)
                : descriptor;
    }
}
