package io.backplane.categories;

import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Holds the calls of one bundle's methods against the matrix of {@link Category}, in bytecode.
 *
 * <p>A method's category is that of its own annotations, else of the method it overrides, else of
 * its type. A method that says a category and not {@code @Suspends} does not suspend, and neither
 * does a {@code close()}. A method that says nothing is inferred: it needs what its callees need,
 * and the nearest caller with a category answers for it. An override may ask for less than what it
 * overrides, never for more.
 *
 * <p>A lambda or method reference runs as the method of its functional interface says, else as the
 * parameter that it is handed to says ({@code @Suspends Runnable body} is the body of a coroutine
 * of its own), else as the method around it; one that is kept runs nobody knows where and is left
 * to the assertions of the run time. So is code that another context runs, whose name no class file
 * tells. A new object of a class that implements an interface of the JDK is followed as a lambda
 * is, to the parameter that it is handed to.
 *
 * <p>The marks of the graph lock are held against each other by {@link LockChecker}.
 *
 * <p>An instance belongs to one thread and serves one check.
 */
public final class CategoryChecker {
    // Immutable
    private final Types types;
    private final Calls calls;
    // Owned by the one thread that checks
    private final Set<Violation> violations = new LinkedHashSet<>();

    /**
     * Reads a bundle.
     *
     * @param classFiles all class files of the bundle
     * @param imports    finds those of the packages it imports
     * @throws IllegalArgumentException if one is no class file
     */
    public CategoryChecker(Collection<byte[]> classFiles, ClassLookup imports) {
        types = new Types(classFiles, imports);
        calls = new Calls(types);
    }

    /** Checks all methods; in order of class and line. */
    public List<Violation> check() {
        for (ClassFacts type : types.own()) {
            for (MethodFacts method : type.methods().values()) {
                checkDeclaration(method);
                Declared declared = types.declared(method);
                if (isClose(method) && !declared.saysSuspension()) {
                    declared = new Declared(declared.category(), false);
                }
                for (Calls.Call call : calls.of(method)) {
                    checkCall(method, declared, call, null);
                }
            }
        }
        for (Calls.Root root : calls.roots()) {
            if (root.in().owner().own()) {
                checkCall(root.in(), root.as(), new Calls.Call(root.line(), root.callee()),
                        root.because());
            }
        }
        violations.addAll(new LockChecker(types, calls.uses(), calls.methods()).check());
        return sorted(violations);
    }

    /**
     * Finds the exported methods without a category: public and protected ones of public types in
     * {@code packages}. Values say nothing and are for any thread: records, enums, exceptions,
     * annotations, all constructors, the methods of {@code Object}, and what the compiler makes.
     *
     * @param packages dotted names
     */
    public List<Violation> missing(Set<String> packages) {
        List<Violation> missing = new ArrayList<>();
        for (ClassFacts type : types.own()) {
            String title = type.title();
            String in = title.substring(0, title.lastIndexOf('.'));
            if (!packages.contains(in) || !Exported.isExported(type, types)) {
                continue;
            }
            for (MethodFacts method : type.methods().values()) {
                if (Exported.needsCategory(method)
                        && types.declared(method).category() == null) {
                    int line = calls.firstLine(method);
                    missing.add(new Violation(title, method.name(), line, method.title()
                            + where(type, line) + " is exported and has no category"));
                }
            }
        }
        return sorted(missing);
    }

    private static List<Violation> sorted(Collection<Violation> violations) {
        return violations.stream().sorted(Comparator.comparing(Violation::className)
                .thenComparing(Violation::line).thenComparing(Violation::message)).toList();
    }

    private static boolean isClose(MethodFacts method) {
        return method.name().equals("close") && method.descriptor().equals("()V");
    }

    private void checkDeclaration(MethodFacts method) {
        for (String fault : method.faults()) {
            report(method, calls.firstLine(method), fault);
        }
        if (method.own().saysNothing() || method.is(AccessFlag.BRIDGE)) {
            return;
        }
        Declared declared = types.declared(method);
        for (MethodFacts above : types.overridden(method)) {
            Declared allowed = types.declared(above);
            boolean category = allowed.category() == null || declared.category() == null
                    || allowed.category().mayCall(declared.category(), allowed.inCoroutine());
            boolean suspension = !declared.maySuspend() || allowed.maySuspend()
                    || !allowed.saysSuspension();
            if (!category || !suspension) {
                report(method, calls.firstLine(method), "is " + declared + " but overrides "
                        + above.title() + ", which is " + allowed + " and asks less of its caller");
            }
        }
    }

    /** {@code because} tells why a lambda runs as {@code as}; null for plain calls. */
    private void checkCall(MethodFacts caller, Declared as, Calls.Call call, String because) {
        for (Calls.Need need : calls.needs(call.callee())) {
            boolean allowed = need == Calls.Need.SUSPEND
                    ? !as.saysSuspension() || as.maySuspend()
                    : as.category() == null
                            || as.category().mayCall(need.category(), as.inCoroutine());
            if (!allowed) {
                report(caller, call.line(), describe(caller, as, call, need, because));
            }
        }
    }

    private String describe(MethodFacts caller, Declared as, Calls.Call call, Calls.Need need,
            String because) {
        List<Calls.Call> chain = calls.chain(call.callee(), need);
        MethodFacts last = chain.isEmpty() ? call.callee() : chain.getLast().callee();
        StringBuilder text = new StringBuilder();
        String who = "is " + as;
        if (because != null) {
            text.append("makes a function that ");
            who = "is " + as + " (" + because + ")";
        } else if (as.category() == null && isClose(caller)) {
            who = "does not suspend, as no close() does,";
        }
        text.append(who).append(need == Calls.Need.SUSPEND && as.category() != null
                && as.suspends() == null ? " without @Suspends" : "");
        text.append(" but calls ").append(last.title()).append(", which is ");
        text.append(need == Calls.Need.SUSPEND ? "@Suspends" : "@" + need.category().annotation());
        MethodFacts at = call.callee();
        for (Calls.Call step : chain) {
            text.append(at == call.callee() ? ", through " : " and ").append(at.title())
                    .append(where(at.owner(), step.line()));
            at = step.callee();
        }
        return text.toString();
    }

    private void report(MethodFacts method, int line, String what) {
        violations.add(new Violation(method.owner().title(), method.name(), line,
                method.title() + where(method.owner(), line) + " " + what));
    }

    static String where(ClassFacts type, int line) {
        return " (" + type.source() + (line == 0 ? "" : ":" + line) + ")";
    }
}
