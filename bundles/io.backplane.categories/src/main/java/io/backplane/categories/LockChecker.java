package io.backplane.categories;

import java.lang.classfile.CodeElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds calls against the marks of the graph lock.
 *
 * <p>What needs the lock is called from a section or from a method that says it runs under one; a
 * method that says where it runs and nothing of the lock does not hold it. What must not be called
 * under the lock is not called from a section or from a method that runs under one, through any
 * number of methods that say nothing of the lock.
 */
final class LockChecker {
    /** A call, with the sections that are open there; {@code apart} if it runs on its own. */
    private record Site(int line, MethodFacts callee, LockScopes.State open, boolean apart) {
    }

    // Immutable
    private final Types types;
    private final Uses uses;
    // Owned by the one thread that checks
    private final Map<MethodFacts, List<Site>> sites = new LinkedHashMap<>();
    private final Map<MethodFacts, Map<LockMark, Site>> inferred = new HashMap<>();
    private final Set<Violation> violations = new LinkedHashSet<>();

    /** @param methods those of the bundle and what it reaches without annotations */
    LockChecker(Types types, Uses uses, Collection<MethodFacts> methods) {
        this.types = types;
        this.uses = uses;
        methods.forEach(method -> sites.put(method, read(method)));
    }

    Set<Violation> check() {
        while (inferMore()) {
            // to the fixed point: needs only grow, and there are three for each method
        }
        sites.forEach((method, calls) -> {
            if (method.owner().own()) {
                checkOverride(method);
                calls.forEach(site -> check(method, site));
            }
        });
        return violations;
    }

    private List<Site> read(MethodFacts method) {
        List<Site> found = new ArrayList<>();
        List<CodeElement> body = uses.code(method);
        LockScopes scopes = new LockScopes(types, body);
        int line = 0;
        for (int i = 0; i < body.size(); i++) {
            switch (body.get(i)) {
                case LineNumber number -> line = number.line();
                case InvokeInstruction call -> addCall(call, line, scopes.at(i), found);
                case InvokeDynamicInstruction made -> addFunction(method, i, made,
                        new Site(line, null, scopes.at(i), false), found);
                default -> { }
            }
        }
        return found;
    }

    private void addCall(InvokeInstruction call, int line, LockScopes.State open,
            List<Site> into) {
        MethodFacts callee = types.resolve(call.owner().asInternalName(),
                call.name().stringValue() + call.type().stringValue());
        if (callee == null) {
            return;
        }
        into.add(new Site(line, callee, open, false));
        boolean exact = call.opcode() == Opcode.INVOKESPECIAL
                || call.opcode() == Opcode.INVOKESTATIC;
        if (!exact && types.lockMark(callee) == null) {
            for (MethodFacts each : types.overriding(callee)) {
                into.add(new Site(line, each, open, false));
            }
        }
    }

    private void addFunction(MethodFacts method, int index, InvokeDynamicInstruction made,
            Site at, List<Site> into) {
        Function function = Function.of(made);
        MethodFacts callee = function == null ? null
                : types.resolve(function.owner(), function.key());
        if (callee == null) {
            return;
        }
        for (Uses.Use use : uses.after(method, index)) {
            switch (use) {
                case Uses.Here _ -> into.add(new Site(at.line, callee, at.open, false));
                case Uses.Kept _ -> { }
                case Uses.Handed _ -> into.add(
                        new Site(at.line, callee, LockScopes.State.NONE, true));
            }
        }
    }

    private Set<LockMark> needs(MethodFacts callee) {
        LockMark said = types.lockMark(callee);
        return said != null ? Set.of(said) : inferred.getOrDefault(callee, Map.of()).keySet();
    }

    private boolean inferMore() {
        boolean more = false;
        for (Map.Entry<MethodFacts, List<Site>> each : sites.entrySet()) {
            MethodFacts method = each.getKey();
            if (types.lockMark(method) != null) {
                continue;
            }
            Map<LockMark, Site> known = inferred.computeIfAbsent(method,
                    _ -> new EnumMap<>(LockMark.class));
            for (Site site : each.getValue()) {
                for (LockMark need : site.apart ? Set.<LockMark>of() : Set.copyOf(
                        needs(site.callee))) {
                    boolean passedOn = need == LockMark.UNLOCKED ? !site.open.mayHold()
                            : !site.open.holds(need) && !saysWhere(method);
                    more |= passedOn && known.putIfAbsent(need, site) == null;
                }
            }
        }
        return more;
    }

    /** Whether it tells its callers something: then it tells them also if it needs the lock. */
    private boolean saysWhere(MethodFacts method) {
        return types.declared(method).category() != null;
    }

    private void check(MethodFacts method, Site site) {
        LockMark said = site.apart ? null : types.lockMark(method);
        for (LockMark need : needs(site.callee)) {
            if (need == LockMark.UNLOCKED) {
                if (site.open.mayHold()) {
                    report(method, site, need, "has a section of the graph lock open");
                } else if (said == LockMark.WRLOCK || said == LockMark.RDLOCK) {
                    report(method, site, need, "is " + said);
                }
            } else if (!site.open.holds(need) && !(said != null && said.allows(need))
                    && (site.apart || said != null || saysWhere(method))) {
                report(method, site, need, said != null ? "is " + said : site.apart
                        ? "makes a function that runs on its own, without a section,"
                        : "has no section of the graph lock open");
            }
        }
    }

    private void checkOverride(MethodFacts method) {
        LockMark own = method.lock();
        for (MethodFacts above : own == null ? List.<MethodFacts>of() : types.overridden(method)) {
            LockMark allowed = above.lock();
            boolean asksMore = own == LockMark.UNLOCKED
                    ? allowed == LockMark.WRLOCK || allowed == LockMark.RDLOCK
                    : allowed == null || !allowed.allows(own);
            if (asksMore) {
                report(method, firstLine(method), "is " + own + " but overrides " + above.title()
                        + ", which " + (allowed == null ? "says nothing of the graph lock"
                                : "is " + allowed));
            }
        }
    }

    private int firstLine(MethodFacts method) {
        return uses.code(method).stream().filter(LineNumber.class::isInstance)
                .mapToInt(e -> ((LineNumber) e).line()).findFirst().orElse(0);
    }

    private void report(MethodFacts method, Site site, LockMark need, String why) {
        StringBuilder text = new StringBuilder(why).append(" but calls ");
        MethodFacts last = site.callee;
        StringBuilder way = new StringBuilder();
        for (Site next = next(last, need); next != null; next = next(last, need)) {
            way.append(way.isEmpty() ? ", through " : " and ").append(last.title())
                    .append(CategoryChecker.where(last.owner(), next.line));
            last = next.callee;
        }
        report(method, site.line, text.append(last.title()).append(", which is ").append(need)
                .append(way).toString());
    }

    private Site next(MethodFacts callee, LockMark need) {
        return types.lockMark(callee) != null ? null
                : inferred.getOrDefault(callee, Map.of()).get(need);
    }

    private void report(MethodFacts method, int line, String what) {
        violations.add(new Violation(method.owner().title(), method.name(), line, method.title()
                + CategoryChecker.where(method.owner(), line) + " " + what));
    }
}
