package io.backplane.tool.explore;

import io.backplane.sim.Preemption;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Changes shipped classes while they are loaded: a call of {@link Preemption#point} goes before
 * each access to a volatile field, an atomic, a lock or guest memory, and {@link Patch}es are
 * applied.
 */
final class Weaver {
    private static final ClassDesc PREEMPTION = ClassDesc.of(Preemption.class.getName());
    private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);

    private static final MethodTypeDesc MONITOR = MethodTypeDesc.of(ConstantDescs.CD_void,
            ConstantDescs.CD_int);
    private static final MethodTypeDesc COMPUTE = MethodTypeDesc.of(ConstantDescs.CD_Object,
            ClassDesc.of("java.util.concurrent.ConcurrentHashMap"), ConstantDescs.CD_Object,
            ClassDesc.of("java.util.function.Function"));

    /** Packages whose code can be preempted. */
    private static final List<String> WOVEN = List.of("io.backplane.aio.", "io.backplane.loop.",
            "io.backplane.graph.", "io.backplane.virtio.", "io.backplane.device.",
            "io.backplane.driver.", "io.backplane.hostio.posix.");
    /** What a coroutine is made of; preempting a thread in there is not a thing that can be. */
    private static final Set<String> PLAIN = Set.of("io.backplane.aio.Current",
            "io.backplane.aio.CoroutinePool");
    private static final Set<String> COROUTINE_METHODS = Set.of("wake", "suspendSelf");

    private final Function<String, byte[]> classes;
    private final List<Patch> patches;
    private final boolean preempts;
    private final Set<Patch> applied = new HashSet<>();
    private final Map<String, Set<String>> volatiles = new HashMap<>();

    /**
     * @param classes the bytes of a class by its binary name
     * @param preempts whether points of preemption go in; else only the patches are applied
     */
    Weaver(Function<String, byte[]> classes, List<Patch> patches, boolean preempts) {
        this.classes = classes;
        this.patches = patches;
        this.preempts = preempts;
    }

    /** Classes that shall be changed. */
    List<Patch> patches() {
        return patches;
    }

    byte[] weave(String name, byte[] bytes) {
        boolean woven = preempts && WOVEN.stream().anyMatch(name::startsWith)
                && !PLAIN.contains(name);
        List<Patch> mine = patches.stream().filter(p -> p.type().equals(name)).toList();
        if (!woven && mine.isEmpty()) {
            return bytes;
        }
        ClassFile classFile = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(Weaver.class.getClassLoader())
                        .orElse(ClassHierarchyResolver.defaultResolver())));
        ClassModel model = classFile.parse(bytes);
        boolean everyField = mine.stream().anyMatch(p -> p.kind() == Patch.Kind.POINTS);
        byte[] result = classFile.transformClass(model, (builder, element) -> {
            if (element instanceof MethodModel method && method.code().isPresent()
                    && !method.methodName().stringValue().startsWith("<")) {
                String methodName = method.methodName().stringValue();
                boolean points = woven && (!name.equals("io.backplane.aio.Coroutine")
                        || COROUTINE_METHODS.contains(methodName));
                List<Patch> here = mine.stream().filter(p -> isIn(p, methodName)).toList();
                builder.transformMethod(method, MethodTransform.transformingCode(
                        (code, e) -> weave(code, e, points, everyField, here)));
            } else {
                builder.with(element);
            }
        });
        for (Patch patch : mine) {
            if (patch.kind() != Patch.Kind.POINTS && !applied.contains(patch)) {
                throw new IllegalStateException("the patch finds nothing to change: " + patch);
            }
        }
        return result;
    }

    private static boolean isIn(Patch patch, String method) {
        return method.equals(patch.method()) || method.startsWith("lambda$" + patch.method() + "$");
    }

    private void weave(CodeBuilder code, CodeElement element, boolean points, boolean everyField,
            List<Patch> here) {
        if (points && isPoint(element, everyField)) {
            code.invokestatic(PREEMPTION, "point", NOTHING);
        }
        if (element instanceof InvokeInstruction call) {
            if (preempts && call.owner().asInternalName().equals("java/lang/Thread")
                    && call.name().equalsString("onSpinWait")) {
                code.invokestatic(PREEMPTION, "spin", NOTHING);
                return;
            }
            if (points && call.owner().asInternalName()
                    .equals("java/util/concurrent/ConcurrentHashMap")
                    && call.name().equalsString("computeIfAbsent")) {
                code.invokestatic(PREEMPTION, "computeIfAbsent", COMPUTE);
                return;
            }
            for (Patch patch : here) {
                if (patch.kind() == Patch.Kind.CALL && isUse(patch,
                        call.owner().asInternalName(), call.name().stringValue())) {
                    plant(code, patch, call);
                    return;
                }
            }
        } else if (element instanceof FieldInstruction field) {
            Patch.Kind kind = field.opcode() == Opcode.GETFIELD ? Patch.Kind.GET : Patch.Kind.PUT;
            for (Patch patch : here) {
                if (patch.kind() == kind && isUse(patch, field.owner().asInternalName(),
                        field.name().stringValue())) {
                    plant(code, patch, field);
                    return;
                }
            }
        }
        if (points && element instanceof MonitorInstruction monitor) {
            boolean enter = monitor.opcode() == Opcode.MONITORENTER;
            if (enter) {
                code.with(element);
            }
            code.loadConstant(enter ? 1 : -1);
            code.invokestatic(PREEMPTION, "monitor", MONITOR);
            if (enter) {
                return;
            }
        }
        code.with(element);
    }

    private static boolean isUse(Patch patch, String owner, String member) {
        return patch.member().equals(member) && patch.owner().equals(owner.replace('/', '.'));
    }

    private void plant(CodeBuilder code, Patch patch, InvokeInstruction call) {
        MethodTypeDesc type = call.typeSymbol();
        int count = type.parameterCount() + (call.opcode() == Opcode.INVOKESTATIC ? 0 : 1);
        plant(code, patch, count, type.returnType());
    }

    private void plant(CodeBuilder code, Patch patch, FieldInstruction field) {
        boolean get = patch.kind() == Patch.Kind.GET;
        plant(code, patch, get ? 1 : 2, get ? field.typeSymbol() : ConstantDescs.CD_void);
    }

    private void plant(CodeBuilder code, Patch patch, int count, ClassDesc result) {
        MethodTypeDesc plant = plantType(patch);
        if (plant.parameterCount() == count + 1) {
            code.aload(0);
        } else if (plant.parameterCount() != count) {
            throw new IllegalStateException(patch + ": " + patch.plant() + " takes "
                    + plant.parameterCount() + " arguments instead of " + count);
        }
        code.invokestatic(ClassDesc.of(patch.plantType()), patch.plant(), plant);
        if (!plant.returnType().equals(result)) {
            code.checkcast(result);
        }
        applied.add(patch);
    }

    private MethodTypeDesc plantType(Patch patch) {
        return ClassFile.of().parse(classes.apply(patch.plantType())).methods().stream()
                .filter(m -> m.methodName().equalsString(patch.plant()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no such method: " + patch.plant()))
                .methodTypeSymbol();
    }

    private boolean isPoint(CodeElement element, boolean everyField) {
        if (element instanceof FieldInstruction field) {
            String owner = field.owner().asInternalName();
            return owner.startsWith("io/backplane/")
                    && (everyField && field.opcode() != Opcode.GETSTATIC
                            || volatiles(owner).contains(field.name().stringValue()));
        }
        if (element instanceof InvokeInstruction call) {
            String owner = call.owner().asInternalName();
            String name = call.name().stringValue();
            return owner.equals("java/lang/invoke/VarHandle")
                            && call.opcode() != Opcode.INVOKESTATIC
                    || owner.startsWith("java/util/concurrent/atomic/")
                    || owner.equals("java/util/concurrent/CopyOnWriteArrayList")
                    || owner.equals("java/util/concurrent/locks/ReentrantLock")
                            && (name.equals("lock") || name.equals("tryLock"))
                    || owner.equals("java/lang/foreign/MemorySegment")
                            && (name.equals("get") || name.equals("set"));
        }
        return false;
    }

    private Set<String> volatiles(String owner) {
        return volatiles.computeIfAbsent(owner, o -> {
            Set<String> names = new HashSet<>();
            byte[] bytes = classes.apply(o.replace('/', '.'));
            if (bytes != null) {
                for (FieldModel field : ClassFile.of().parse(bytes).fields()) {
                    if (field.flags().has(AccessFlag.VOLATILE)) {
                        names.add(field.fieldName().stringValue());
                    }
                }
            }
            return names;
        });
    }
}
