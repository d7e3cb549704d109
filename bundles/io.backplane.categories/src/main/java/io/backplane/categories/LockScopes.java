package io.backplane.categories;

import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.constant.ClassDesc;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where in one method a section of the graph lock is open: a flow analysis over local variables.
 *
 * <p>A section opens when the result of a call, of a type that is marked as a section, is stored in
 * a variable (as try-with-resources does) and ends when {@code close()} is called on that variable,
 * also if that throws, or where the variable is found to be null. Where ways meet, a section
 * <em>may</em> be open if it is on one of them and <em>must</em> be if it is on all.
 */
final class LockScopes {
    /** What is open before an instruction: a bit for a variable, write sections in the low half. */
    record State(long may, long must) {
        static final State NONE = new State(0, 0);

        private State open(long bit) {
            return new State(may | bit, must | bit);
        }

        private State shut(long bits) {
            return new State(may & ~bits, must & ~bits);
        }

        private State meet(State other) {
            return other == null ? this : new State(may | other.may, must & other.must);
        }

        boolean mayHold() {
            return may != 0;
        }

        /** Whether what {@code need} asks for is held. */
        boolean holds(LockMark need) {
            return need == LockMark.WRLOCK ? (must & WRITE) != 0
                    : need == LockMark.RDLOCK && must != 0;
        }
    }

    private static final int SLOTS = 32;
    private static final long WRITE = (1L << SLOTS) - 1;

    // Immutable
    private final Types types;
    private final List<CodeElement> body;
    private final Map<Label, Integer> labels = new HashMap<>();
    private final State[] before;
    // Owned by the one thread that checks
    private final ArrayDeque<Integer> changed = new ArrayDeque<>();

    LockScopes(Types types, List<CodeElement> body) {
        this.types = types;
        this.body = body;
        before = new State[body.size() + 1];
        if (!opensAny()) {
            return;
        }
        for (int i = 0; i < body.size(); i++) {
            if (body.get(i) instanceof LabelTarget target) {
                labels.put(target.label(), i);
            }
        }
        flow(0, State.NONE);
        while (!changed.isEmpty()) {
            step(changed.removeLast());
        }
    }

    /** What is open when element {@code index} runs. */
    State at(int index) {
        return before[index] == null ? State.NONE : before[index];
    }

    private boolean opensAny() {
        return body.stream().anyMatch(e -> e instanceof InvokeInstruction call
                && sectionMark(call.typeSymbol().returnType()) != null);
    }

    private LockMark sectionMark(ClassDesc type) {
        return type.isClassOrInterface() ? sectionMark(internalName(type)) : null;
    }

    private LockMark sectionMark(String internalName) {
        ClassFacts facts = types.find(internalName);
        return facts == null ? null : facts.section();
    }

    private static String internalName(ClassDesc type) {
        String descriptor = type.descriptorString();
        return descriptor.substring(1, descriptor.length() - 1);
    }

    private void flow(int to, State state) {
        State met = state.meet(before[to]);
        if (!met.equals(before[to])) {
            before[to] = met;
            changed.add(to);
        }
    }

    private void step(int index) {
        if (index >= body.size()) {
            return;
        }
        CodeElement element = body.get(index);
        State old = before[index];
        State after = old;
        switch (element) {
            case StoreInstruction store -> after = stored(store, index, old);
            case InvokeInstruction call -> {
                after = called(call, index, old);
                raise(index, after);
            }
            case ThrowInstruction _ -> {
                raise(index, old);
                return;
            }
            case ReturnInstruction _ -> {
                return;
            }
            case BranchInstruction branch -> {
                branch(branch, index, old);
                return;
            }
            case LookupSwitchInstruction choice -> {
                choice.cases().forEach(c -> flow(labels.get(c.target()), old));
                flow(labels.get(choice.defaultTarget()), old);
                return;
            }
            case TableSwitchInstruction choice -> {
                choice.cases().forEach(c -> flow(labels.get(c.target()), old));
                flow(labels.get(choice.defaultTarget()), old);
                return;
            }
            default -> { }
        }
        flow(index + 1, after);
    }

    private State stored(StoreInstruction store, int index, State old) {
        long write = bit(store.slot());
        State cleared = old.shut(write | write << SLOTS);
        LockMark mark = previous(index) instanceof InvokeInstruction call
                ? sectionMark(call.typeSymbol().returnType()) : null;
        return mark == null ? cleared
                : cleared.open(mark == LockMark.WRLOCK ? write : write << SLOTS);
    }

    private State called(InvokeInstruction call, int index, State old) {
        boolean close = call.name().equalsString("close")
                && sectionMark(call.owner().asInternalName()) != null;
        return close ? old.shut(loaded(index)) : old;
    }

    private void branch(BranchInstruction branch, int index, State old) {
        State isNull = old.shut(loaded(index));
        int target = labels.get(branch.target());
        flow(target, branch.opcode() == Opcode.IFNULL ? isNull : old);
        if (branch.opcode() != Opcode.GOTO && branch.opcode() != Opcode.GOTO_W) {
            flow(index + 1, branch.opcode() == Opcode.IFNONNULL ? isNull : old);
        }
    }

    /** The bits of the variable whose value is on top of the stack. */
    private long loaded(int index) {
        long write = previous(index) instanceof LoadInstruction load ? bit(load.slot()) : 0;
        return write | write << SLOTS;
    }

    private static long bit(int slot) {
        return slot < SLOTS ? 1L << slot : 0;
    }

    private Instruction previous(int index) {
        for (int i = index - 1; i >= 0; i--) {
            if (body.get(i) instanceof Instruction instruction) {
                return instruction;
            }
        }
        return null;
    }

    /** The first handler in the table that takes it has it; one of all kinds takes any. */
    private void raise(int index, State state) {
        for (CodeElement each : body) {
            if (each instanceof ExceptionCatch range && labels.get(range.tryStart()) <= index
                    && index < labels.get(range.tryEnd())) {
                flow(labels.get(range.handler()), state);
                if (range.catchType().map(t -> t.asInternalName().equals("java/lang/Throwable"))
                        .orElse(true)) {
                    return;
                }
            }
        }
    }
}
