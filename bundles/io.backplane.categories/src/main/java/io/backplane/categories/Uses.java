package io.backplane.categories;

import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where a function value (a lambda, a method reference) goes, and so in which context it runs.
 *
 * <p>The value is followed from the place that makes it to the instruction that takes it from the
 * operand stack, through local variables, private and other fields of the bundle, captures by other
 * lambdas and parameters of the bundle's own methods, to one of three ends:
 * <ul>
 * <li>it is handed to a parameter with annotations: it runs as those say, on its own;
 * <li>it is called, or handed to a method that tells nothing: it runs in the method around it;
 * <li>it is kept (in a field, a collection, by a foreign constructor, as a result): nobody knows.
 * </ul>
 * Not followed: arrays, values that two branches of one expression duplicate, reflection.
 */
final class Uses {
    /** One end of a function value's way. */
    sealed interface Use permits Here, Kept, Handed {
    }

    /** Runs in the method around it. */
    record Here() implements Use {
    }

    /** Runs nobody knows where. */
    record Kept() implements Use {
    }

    /** Runs as the parameter says. */
    record Handed(Declared as, String to) implements Use {
    }

    private static final Use HERE = new Here();
    private static final Use KEPT = new Kept();

    private record Place(Object scope, Object index) {
    }

    // Immutable
    private final Types types;
    // Owned by the one thread that checks
    private final Map<MethodFacts, List<CodeElement>> code = new HashMap<>();
    private final Set<Place> open = new HashSet<>();

    Uses(Types types) {
        this.types = types;
    }

    List<CodeElement> code(MethodFacts method) {
        return code.computeIfAbsent(method, m -> {
            CodeModel body = m.code();
            return body == null ? List.of() : body.elementList();
        });
    }

    /** The ends of the value on top of the stack after element {@code index} of the body. */
    Set<Use> after(MethodFacts method, int index) {
        if (!open.add(new Place(method, index))) {
            return Set.of();
        }
        try {
            return follow(method, index + 1);
        } finally {
            open.remove(new Place(method, index));
        }
    }

    private Set<Use> follow(MethodFacts method, int from) {
        List<CodeElement> body = code(method);
        int height = 0;
        int at = from;
        for (int steps = body.size(); steps > 0 && at < body.size(); steps--, at++) {
            if (!(body.get(at) instanceof Instruction instruction)) {
                continue;
            }
            Stack effect = Stack.of(instruction);
            if (effect.pops() > height) {
                if (instruction instanceof TypeCheckInstruction check
                        && check.opcode() == Opcode.CHECKCAST) {
                    continue;
                }
                return end(method, at, instruction, height);
            }
            height += effect.pushes() - effect.pops();
            switch (instruction) {
                case BranchInstruction branch when branch.opcode() == Opcode.GOTO
                        || branch.opcode() == Opcode.GOTO_W -> at = target(body, branch.target());
                case ThrowInstruction _, ReturnInstruction _ -> {
                    return Set.of(HERE);
                }
                default -> { }
            }
        }
        return Set.of(HERE);
    }

    private static int target(List<CodeElement> body, Label label) {
        for (int i = 0; i < body.size(); i++) {
            if (body.get(i) instanceof LabelTarget target && target.label() == label) {
                return i;
            }
        }
        return body.size();
    }

    /** The value, {@code height} slots below the top, is taken by {@code taker}. */
    private Set<Use> end(MethodFacts method, int at, Instruction taker, int height) {
        return switch (taker) {
            case StoreInstruction store -> ofSlot(method, store.slot(), at);
            case InvokeInstruction call -> ofCall(call, height);
            case InvokeDynamicInstruction lambda -> ofCapture(method, at, lambda, height);
            case FieldInstruction field when field.opcode() == Opcode.PUTFIELD
                    || field.opcode() == Opcode.PUTSTATIC -> ofField(field);
            case ReturnInstruction _ -> Set.of(KEPT);
            default -> Set.of(HERE);
        };
    }

    private Set<Use> ofSlot(MethodFacts method, int slot, int from) {
        Set<Use> all = new LinkedHashSet<>();
        List<CodeElement> body = code(method);
        for (int i = from + 1; i < body.size(); i++) {
            if (body.get(i) instanceof LoadInstruction load && load.slot() == slot
                    && load.typeKind() == TypeKind.REFERENCE) {
                all.addAll(after(method, i));
            } else if (body.get(i) instanceof StoreInstruction store && store.slot() == slot) {
                break;
            }
        }
        return all;
    }

    private Set<Use> ofCall(InvokeInstruction call, int height) {
        MethodTypeDesc type = call.typeSymbol();
        int below = Stack.of(call).pops() - 1 - height;
        if (call.opcode() != Opcode.INVOKESTATIC) {
            if (below == 0) {
                return Set.of(HERE);
            }
            below--;
        }
        int index = index(type.parameterList(), below);
        MethodFacts callee = types.resolve(call.owner().asInternalName(),
                call.name().stringValue() + call.type().stringValue());
        boolean constructor = call.name().equalsString("<init>");
        if (callee == null) {
            boolean anyObject = type.parameterType(index).equals(
                    java.lang.constant.ConstantDescs.CD_Object);
            return Set.of(constructor || anyObject ? KEPT : HERE);
        }
        return ofParameter(callee, index, constructor);
    }

    private static int index(List<ClassDesc> parameters, int slot) {
        int at = 0;
        for (int i = 0; i < parameters.size(); i++) {
            if (at >= slot) {
                return i;
            }
            at += Stack.slots(parameters.get(i));
        }
        return parameters.size() - 1;
    }

    private Set<Use> ofParameter(MethodFacts callee, int index, boolean constructor) {
        Declared as = callee.parameters().get(index);
        for (MethodFacts above : types.overridden(callee)) {
            as = as.saysNothing() ? above.parameters().get(index) : as;
        }
        if (!as.saysNothing()) {
            return Set.of(new Handed(as, callee.title()));
        }
        if (callee.code() != null) {
            return ofSlot(callee, callee.slotOf(index), -1);
        }
        return Set.of(constructor ? KEPT : HERE);
    }

    /** A lambda captures the value: it runs where the lambda uses it. */
    private Set<Use> ofCapture(MethodFacts method, int at, InvokeDynamicInstruction taker,
            int height) {
        int index = index(taker.typeSymbol().parameterList(),
                Stack.of(taker).pops() - 1 - height);
        Function function = Function.of(taker);
        MethodFacts body = function == null ? null : types.resolve(function.owner(),
                function.key());
        if (body == null || !body.isLambda()) {
            return after(method, at);
        }
        int slot = body.is(java.lang.reflect.AccessFlag.STATIC) ? body.slotOf(index)
                : index == 0 ? 0 : body.slotOf(index - 1);
        Set<Use> all = new LinkedHashSet<>();
        for (Use use : ofSlot(body, slot, -1)) {
            if (use instanceof Here) {
                all.addAll(after(method, at));
            } else {
                all.add(use);
            }
        }
        return all;
    }

    /** Whoever reads the field; who calls it there is not the method that has set it. */
    private Set<Use> ofField(FieldInstruction put) {
        Set<Use> all = new LinkedHashSet<>();
        Place place = new Place(put.owner().asInternalName(), put.name().stringValue());
        if (!open.add(place)) {
            return Set.of();
        }
        for (ClassFacts type : types.own()) {
            for (MethodFacts method : type.methods().values()) {
                List<CodeElement> body = code(method);
                for (int i = 0; i < body.size(); i++) {
                    if (body.get(i) instanceof FieldInstruction get && reads(get, put)) {
                        all.addAll(after(method, i));
                    }
                }
            }
        }
        open.remove(place);
        if (all.removeIf(Here.class::isInstance) || all.isEmpty()) {
            all.add(KEPT);
        }
        return all;
    }

    private static boolean reads(FieldInstruction get, FieldInstruction put) {
        return (get.opcode() == Opcode.GETFIELD || get.opcode() == Opcode.GETSTATIC)
                && get.name().equals(put.name()) && get.type().equals(put.type())
                && get.owner().equals(put.owner());
    }
}
