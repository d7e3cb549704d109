package io.backplane.categories;

import java.lang.classfile.CodeElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who calls whom in the bundle, and what each method without a category needs: the strictest of
 * what it calls, found bottom-up.
 */
final class Calls {
    /** What a callee can ask of its caller. */
    enum Need {
        GLOBAL_STATE, IO_OR_GLOBAL_STATE, IO_CODE, SUSPEND;

        static Need of(Category category) {
            return values()[category.ordinal()];
        }

        Category category() {
            return Category.values()[ordinal()];
        }
    }

    /** A call, in {@code line} of its method. */
    record Call(int line, MethodFacts callee) {
    }

    /** A lambda or method reference that does not run as the method around it does. */
    record Root(MethodFacts in, int line, Declared as, String because, MethodFacts callee) {
    }

    // Immutable
    private final Types types;
    private final Uses uses;
    // Owned by the one thread that checks
    private final Map<MethodFacts, List<Call>> calls = new LinkedHashMap<>();
    private final List<Root> roots = new ArrayList<>();
    private final List<MethodFacts> unread = new ArrayList<>();
    private final Map<MethodFacts, Map<Need, Call>> needs = new HashMap<>();

    Calls(Types types) {
        this.types = types;
        this.uses = new Uses(types);
        for (ClassFacts type : types.own()) {
            unread.addAll(type.methods().values());
        }
        while (!unread.isEmpty()) {
            MethodFacts method = unread.removeLast();
            if (!calls.containsKey(method)) {
                calls.put(method, new ArrayList<>());
                read(method, calls.get(method));
            }
        }
        infer();
    }

    List<Call> of(MethodFacts method) {
        return calls.getOrDefault(method, List.of());
    }

    /** The methods that were read: the bundle's, and what they reach without annotations. */
    Set<MethodFacts> methods() {
        return calls.keySet();
    }

    Uses uses() {
        return uses;
    }

    List<Root> roots() {
        return roots;
    }

    int firstLine(MethodFacts method) {
        for (CodeElement element : uses.code(method)) {
            if (element instanceof LineNumber line) {
                return line.line();
            }
        }
        return 0;
    }

    private void read(MethodFacts method, List<Call> into) {
        List<CodeElement> body = uses.code(method);
        int line = 0;
        for (int i = 0; i < body.size(); i++) {
            switch (body.get(i)) {
                case LineNumber number -> line = number.line();
                case InvokeInstruction call -> {
                    addCall(call, line, into);
                    addObject(method, i, call, line);
                }
                case InvokeDynamicInstruction made -> addFunction(method, i, made, line, into);
                default -> { }
            }
        }
    }

    private void addCall(InvokeInstruction call, int line, List<Call> into) {
        MethodFacts callee = types.resolve(call.owner().asInternalName(),
                call.name().stringValue() + call.type().stringValue());
        if (callee == null) {
            return;
        }
        add(callee, line, into);
        boolean exact = call.opcode() == Opcode.INVOKESPECIAL
                || call.opcode() == Opcode.INVOKESTATIC;
        if (!exact && callee.owner().own()) {
            for (MethodFacts each : types.overriding(callee)) {
                if (types.declared(callee).category() == null) {
                    add(each, line, into);
                }
            }
        }
    }

    /** An imported method without annotations is read as the bundle's own are. */
    private void add(MethodFacts callee, int line, List<Call> into) {
        into.add(new Call(line, callee));
        if (!callee.owner().own() && types.declared(callee).saysNothing()) {
            unread.add(callee);
        }
    }

    private void addFunction(MethodFacts method, int index, InvokeDynamicInstruction made,
            int line, List<Call> into) {
        Function function = Function.of(made);
        MethodFacts callee = function == null ? null
                : types.resolve(function.owner(), function.key());
        if (callee == null) {
            return;
        }
        MethodFacts implemented = types.resolve(function.type(), function.method());
        Declared declared = implemented == null ? Declared.NOTHING : types.declared(implemented);
        if (!declared.saysNothing()) {
            roots.add(new Root(method, line, declared, "it is a " + implemented.owner().title(),
                    callee));
            return;
        }
        for (Uses.Use use : uses.after(method, index)) {
            switch (use) {
                case Uses.Here _ -> add(callee, line, into);
                case Uses.Kept _ -> { }
                case Uses.Handed(Declared as, String to) -> roots.add(
                        new Root(method, line, as, "it is handed to " + to, callee));
            }
        }
    }

    /** A new object whose class implements an interface of the JDK, such as {@code Runnable}. */
    private void addObject(MethodFacts method, int index, InvokeInstruction call, int line) {
        ClassFacts type = types.find(call.owner().asInternalName());
        boolean chained = method.isConstructor() && type != null && (type == method.owner()
                || type.name().equals(method.owner().superName()));
        if (!call.name().equalsString("<init>") || type == null || !type.own() || chained) {
            return;
        }
        List<MethodFacts> entries = types.entries(type);
        for (Uses.Use use : entries.isEmpty() ? Set.<Uses.Use>of() : uses.after(method, index)) {
            if (use instanceof Uses.Handed(Declared as, String to)) {
                for (MethodFacts entry : entries) {
                    roots.add(new Root(method, line, as, "it is handed to " + to, entry));
                }
            }
        }
    }

    private void infer() {
        Map<MethodFacts, List<MethodFacts>> callers = new HashMap<>();
        List<MethodFacts> changed = new ArrayList<>();
        calls.forEach((caller, list) -> {
            for (Call call : list) {
                callers.computeIfAbsent(call.callee(), _ -> new ArrayList<>()).add(caller);
            }
            changed.add(caller);
        });
        while (!changed.isEmpty()) {
            MethodFacts method = changed.removeLast();
            if (learn(method)) {
                changed.addAll(callers.getOrDefault(method, List.of()));
            }
        }
    }

    /** Takes over what the callees need, as far as the method itself says nothing. */
    private boolean learn(MethodFacts method) {
        Declared declared = types.declared(method);
        Map<Need, Call> known = needs.computeIfAbsent(method, _ -> new HashMap<>());
        boolean more = false;
        for (Call call : of(method)) {
            for (Need need : needs(call.callee())) {
                boolean said = need == Need.SUSPEND ? declared.saysSuspension()
                        : declared.category() != null;
                more |= !said && known.putIfAbsent(need, call) == null;
            }
        }
        return more;
    }

    /** What a call of {@code callee} needs. */
    List<Need> needs(MethodFacts callee) {
        List<Need> all = new ArrayList<>();
        Declared declared = types.declared(callee);
        if (declared.category() != null && declared.category() != Category.ANY_THREAD) {
            all.add(Need.of(declared.category()));
        }
        if (declared.maySuspend()) {
            all.add(Need.SUSPEND);
        }
        all.addAll(needs.getOrDefault(callee, Map.of()).keySet());
        return all;
    }

    /** The calls from {@code callee} to the method that declares {@code need}. */
    List<Call> chain(MethodFacts callee, Need need) {
        List<Call> chain = new ArrayList<>();
        for (MethodFacts at = callee; at != null;) {
            Call next = needs.getOrDefault(at, Map.of()).get(need);
            if (next == null) {
                return chain;
            }
            chain.add(next);
            at = next.callee();
        }
        return chain;
    }
}
