package io.backplane.categories;

import java.lang.classfile.Instruction;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/**
 * What an instruction takes from the operand stack and puts on it, in slots (JVMS 6.5).
 *
 * @param pops   slots taken
 * @param pushes slots put
 */
record Stack(int pops, int pushes) {
    private static final Stack NONE = new Stack(0, 0);

    static Stack of(Instruction instruction) {
        return switch (instruction) {
            case ArrayLoadInstruction i -> new Stack(2, i.typeKind().slotSize());
            case ArrayStoreInstruction i -> new Stack(2 + i.typeKind().slotSize(), 0);
            case BranchInstruction i -> branch(i.opcode());
            case ConstantInstruction i -> new Stack(0, i.typeKind().slotSize());
            case ConvertInstruction i ->
                new Stack(i.fromType().slotSize(), i.toType().slotSize());
            case FieldInstruction i -> field(i);
            case InvokeInstruction i ->
                call(i.typeSymbol(), i.opcode() == Opcode.INVOKESTATIC ? 0 : 1);
            case InvokeDynamicInstruction i -> call(i.typeSymbol(), 0);
            case LoadInstruction i -> new Stack(0, i.typeKind().slotSize());
            case StoreInstruction i -> new Stack(i.typeKind().slotSize(), 0);
            case LookupSwitchInstruction _, TableSwitchInstruction _, MonitorInstruction _,
                    ThrowInstruction _ -> new Stack(1, 0);
            case NewMultiArrayInstruction i -> new Stack(i.dimensions(), 1);
            case NewObjectInstruction _ -> new Stack(0, 1);
            case NewPrimitiveArrayInstruction _, NewReferenceArrayInstruction _,
                    TypeCheckInstruction _ -> new Stack(1, 1);
            case OperatorInstruction i -> operator(i);
            case ReturnInstruction i -> new Stack(i.typeKind().slotSize(), 0);
            case StackInstruction i -> stack(i.opcode());
            default -> NONE;
        };
    }

    static int slots(ClassDesc type) {
        return TypeKind.from(type).slotSize();
    }

    static int slots(MethodTypeDesc type) {
        int slots = 0;
        for (ClassDesc parameter : type.parameterList()) {
            slots += slots(parameter);
        }
        return slots;
    }

    private static Stack call(MethodTypeDesc type, int receiver) {
        return new Stack(receiver + slots(type), slots(type.returnType()));
    }

    private static Stack branch(Opcode opcode) {
        return switch (opcode) {
            case GOTO, GOTO_W -> NONE;
            case IF_ICMPEQ, IF_ICMPNE, IF_ICMPLT, IF_ICMPGE, IF_ICMPGT, IF_ICMPLE, IF_ACMPEQ,
                    IF_ACMPNE -> new Stack(2, 0);
            default -> new Stack(1, 0);
        };
    }

    private static Stack field(FieldInstruction i) {
        int slots = slots(i.typeSymbol());
        return switch (i.opcode()) {
            case GETSTATIC -> new Stack(0, slots);
            case PUTSTATIC -> new Stack(slots, 0);
            case GETFIELD -> new Stack(1, slots);
            default -> new Stack(1 + slots, 0);
        };
    }

    private static Stack operator(OperatorInstruction i) {
        int slots = i.typeKind().slotSize();
        return switch (i.opcode()) {
            case ARRAYLENGTH -> new Stack(1, 1);
            case INEG, LNEG, FNEG, DNEG -> new Stack(slots, slots);
            case LCMP, DCMPG, DCMPL -> new Stack(4, 1);
            case FCMPG, FCMPL -> new Stack(2, 1);
            case LSHL, LSHR, LUSHR -> new Stack(3, 2);
            default -> new Stack(2 * slots, slots);
        };
    }

    private static Stack stack(Opcode opcode) {
        return switch (opcode) {
            case POP -> new Stack(1, 0);
            case POP2 -> new Stack(2, 0);
            case DUP -> new Stack(1, 2);
            case DUP_X1 -> new Stack(2, 3);
            case DUP_X2 -> new Stack(3, 4);
            case DUP2 -> new Stack(2, 4);
            case DUP2_X1 -> new Stack(3, 5);
            case DUP2_X2 -> new Stack(4, 6);
            default -> new Stack(2, 2);
        };
    }
}
