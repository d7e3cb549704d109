package io.backplane.categories;

import static io.backplane.categories.Planted.assertAccepted;
import static io.backplane.categories.Planted.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backplane.rules.Rule;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Planted violations, one for each rule; each has a twin that is right. */
class CategoryCheckerTest {
    /** The matrix; a method that only suspends is called by one that suspends too. */
    @ParameterizedTest
    @Rule({"L3", "L4", "L5"})
    @CsvSource({
        "@GlobalState,                edit watch count name, ''",
        "@GlobalState @Suspends,      edit awaitDrain watch read count name, ''",
        "@IoOrGlobalState,            watch count name, edit",
        "@IoOrGlobalState @Suspends,  watch read count name, edit",
        "@IoCode,                     watch count name, edit",
        "@IoCode @Suspends,           watch read count name, edit",
        "@IoCode @NoSuspend,          count name, edit watch",
        "@AnyThread,                  name, edit watch count",
        "@Suspends,                   edit awaitDrain watch read count name, ''",
        "@NoSuspend,                  edit watch count name, read awaitDrain",
        "'',                          edit awaitDrain watch read count name, ''",
    })
    void matrixDecidesWhoCallsWhom(String caller, String allowed, String forbidden) {
        for (String callee : allowed.split(" ")) {
            assertAccepted(caller + " void m() {\n graph." + callee + "();\n}");
        }
        for (String callee : forbidden.split(" ")) {
            if (!callee.isEmpty()) {
                assertRefused(caller + " void m() {\n graph." + callee + "();\n}", "m", 2,
                        "planted.Bundle.m", caller, "planted.Graph." + callee);
            }
        }
    }

    @Test
    void methodOfIoThatCallsGlobalStateIsNamedWithClassMethodAndLine() {
        List<Violation> found = Planted.check("@IoCode void m() { graph.edit(); }");

        assertEquals("planted.Bundle", found.getFirst().className());
        assertEquals("planted.Bundle.m (Bundle.java:" + found.getFirst().line()
                + ") is @IoCode but calls planted.Graph.edit, which is @GlobalState",
                found.getFirst().message());
    }

    @Test
    void categoryAloneDoesNotSuspend() {
        assertRefused("@IoCode void m() {\n graph.read();\n}", "m", 2, "without @Suspends",
                "planted.Graph.read, which is @Suspends");
        assertRefused("@GlobalState void m() {\n graph.awaitDrain();\n}", "m", 2,
                "without @Suspends");
    }

    @Test
    @Rule(value = "C4", bug = "I/O in the graph phase of opening")
    @Rule(value = "C4", bug = "an edit in the I/O phase of opening")
    void driverThatMixesThePhasesOfOpeningIsRefused() {
        String driver = """
                interface Driver {
                    @Suspends @IoCode void awaitOpen(Graph graph);
                    @GlobalState void childAttached(Graph graph);
                }
                """;
        assertAccepted(driver + "static class D implements Driver {\n"
                + "public void awaitOpen(Graph g) { g.read(); }\n"
                + "public void childAttached(Graph g) { g.edit(); }\n}");
        assertRefused(driver + "static class D implements Driver {\n"
                + "public void awaitOpen(Graph g) {\n g.edit(); }\n"
                + "public void childAttached(Graph g) { }\n}", "awaitOpen", 7, "@IoCode",
                "@GlobalState");
        assertRefused(driver + "static class D implements Driver {\n"
                + "public void awaitOpen(Graph g) { }\n"
                + "public void childAttached(Graph g) {\n g.read(); }\n}", "childAttached", 8,
                "@Suspends");
    }

    @Test
    void closeNeverSuspends() {
        assertRefused("public void close() {\n graph.read();\n}", "close", 2,
                "does not suspend", "@Suspends");
    }

    @Test
    void overrideTakesTheCategoryOfTheInterface() {
        assertRefused("static class N implements Namer { Graph g;\n"
                + " public String name(Graph of) {\n g.edit(); return null;\n}}", "name", 3,
                "planted.Bundle$N.name", "@AnyThread", "@GlobalState");
        assertAccepted("static class L implements Listener { Graph g;\n"
                + " public void told() { g.edit(); } }");
    }

    @Test
    void overrideOfTheSuperclassTakesItsCategoryToo() {
        assertRefused("static abstract class A { @IoCode abstract void work(); }\n"
                + "static class B extends A { Graph g;\n void work() {\n g.edit();\n}}", "work", 4,
                "@IoCode", "@GlobalState");
    }

    @Test
    void overrideWithAnotherTypeTakesItThroughItsBridge() {
        assertRefused("interface Of<T> { @AnyThread void of(T t); }\n"
                + "static class B implements Of<Graph> {\n public void of(Graph g) {\n"
                + " g.edit();\n}}", "of", 4, "@AnyThread", "@GlobalState");
    }

    @Test
    void overrideMayAskForLessButNotForMore() {
        assertRefused("static class N implements Namer {\n"
                + " @GlobalState public String name(Graph g) {\n return null; } }", "name", 3,
                "is @GlobalState but overrides planted.Namer.name", "@AnyThread");
        assertRefused("static class L implements Listener {\n"
                + " @GlobalState @Suspends public void told() {\n } }", "told", 3,
                "overrides planted.Listener.told");
        assertAccepted("static class L implements Listener {\n"
                + " @AnyThread public void told() { } }");
    }

    @Test
    void annotationsThatContradictAreRefused() {
        assertRefused("@AnyThread @Suspends void m() {\n kept = null; }", "m", 2,
                "both @AnyThread and @Suspends");
        assertRefused("@IoCode @GlobalState void m() {\n kept = null; }", "m", 2, "is both");
    }

    @Test
    void typeGivesItsMethodsTheirCategory() {
        assertRefused("@AnyThread static class T { Graph g;\n void m() {\n g.edit();\n}}", "m", 3,
                "@AnyThread");
        assertAccepted("@AnyThread static class T { Graph g;\n @GlobalState void m() {\n"
                + " g.edit();\n}}");
    }

    @Test
    void helpersWithoutCategoryAreInferredAndTheWayIsTold() {
        assertRefused("""
                @IoCode void m() {
                    first();
                }
                private void first() { second(); }
                void second() {
                    graph.edit();
                }
                void unused() { graph.edit(); }
                """, "m", 2, "through planted.Bundle.first", "and planted.Bundle.second",
                "planted.Graph.edit, which is @GlobalState");
    }

    @Test
    void libraryWithoutCategoriesIsInferredToo() {
        String library = """
                static class Library {
                    static void edit(Graph graph) { graph.edit(); }
                    static void run(Runnable step) { step.run(); }
                    static void keep(Bundle in, Runnable step) { in.kept = step; }
                    @AnyThread static void wrong(Graph graph) { graph.edit(); }
                    static void wrongToo(AioContext home, Graph graph) {
                        home.schedule(() -> graph.read());
                    }
                }
                """;
        assertRefused(library + "@IoCode void m() {\n Library.edit(graph);\n}", "m", 11,
                "through planted.Bundle$Library.edit");
        assertRefused(library + "@IoCode void m() {\n Library.run(() -> graph.edit());\n}", "m", 11,
                "a lambda of planted.Bundle.m");
        assertAccepted(library + "@IoCode void m() { Library.keep(this, () -> graph.edit()); }");
        assertAccepted(library + "void m() { Library.wrong(graph); Library.wrongToo(home, graph); }");
    }

    @Test
    void recursionEnds() {
        assertRefused("@AnyThread void m() {\n a(1);\n}\n"
                + "void a(int n) { if (n > 0) b(n); }\nvoid b(int n) { a(n); graph.edit(); }",
                "m", 2, "@GlobalState");
    }

    @Test
    void constructorsAreInferred() {
        assertRefused("static class T { T(Graph g) { g.edit(); } }\n"
                + "@IoCode void m() {\n new T(graph);\n}", "m", 3,
                "the constructor of planted.Bundle$T");
    }

    @Test
    void callOfAnUnknownImplementationIsThatOfAll() {
        assertRefused("interface Step { void step(); }\n"
                + "static class S implements Step { Graph g; public void step() { g.edit(); } }\n"
                + "@IoCode void m(Step s) {\n s.step();\n}", "m", 4, "planted.Bundle$S.step");
    }

    @Test
    void lambdaRunsAsTheMethodAroundIt() {
        assertRefused("@IoCode void m(List<Graph> all) {\n all.forEach(g -> {\n g.edit(); });\n}",
                "m", 2, "a lambda of planted.Bundle.m", "@GlobalState");
        assertRefused("@IoCode void m(List<Graph> all) {\n all.forEach(Graph::edit);\n}", "m", 2,
                "planted.Graph.edit");
    }

    @Test
    void lambdaRunsAsItsInterfaceSays() {
        assertRefused("@GlobalState void m() {\n Namer n = g -> { g.edit(); return null; };\n}",
                "m", 2, "it is a planted.Namer", "@AnyThread");
        assertRefused("@GlobalState void m() {\n kept = (Namer) this::named;\n}\n"
                + "@GlobalState String named(Graph g) { return null; }", "m", 2,
                "planted.Bundle.named, which is @GlobalState");
        assertAccepted("@AnyThread void m() { Listener l = () -> graph.edit();\n kept = l; }");
    }

    @Test
    void callbackOfAContextMustNotSuspend() {
        assertRefused("@IoCode void m() {\n home.schedule(() -> graph.read());\n}", "m", 2,
                "@NoSuspend", "it is handed to io.backplane.aio.AioContext.schedule", "@Suspends");
        assertRefused("void m() {\n home.newBottomHalf(\"b\", graph::read);\n}", "m", 2,
                "newBottomHalf", "@Suspends");
    }

    @Test
    void newObjectIsFollowedAsALambdaIs() {
        assertRefused("void m() {\n home.schedule(new Runnable() {\n"
                + " public void run() { graph.read(); } });\n}", "m", 2, "@NoSuspend",
                "schedule", "@Suspends");
        assertAccepted("@AnyThread void m() { home.spawn(new Runnable() {\n"
                + " public void run() { graph.read(); } }); }");
    }

    @Test
    void bodyOfACoroutineIsAContextOfItsOwn() {
        assertAccepted("@AnyThread void m() { home.spawn(() -> graph.read()); }");
        assertAccepted("@AnyThread void m() { home.spawn(this::body); }\n"
                + "@IoCode @Suspends void body() { graph.read(); }");
        assertAccepted("@AnyThread void m() { home.schedule(() -> graph.edit()); }");
    }

    @Test
    void functionIsFollowedThroughVariablesFieldsAndHelpers() {
        assertRefused("void m() {\n Runnable r = () -> graph.read();\n home.schedule(r);\n}",
                "m", 2, "schedule");
        assertRefused("private final Runnable r = () -> graph.read();\n"
                + "void m() { home.schedule(r); }", "<init>", 1, "schedule");
        assertRefused("void m() {\n soon(() -> graph.read());\n}\n"
                + "void soon(Runnable r) { home.schedule(r); }", "m", 2, "schedule");
        assertRefused("void m() {\n soon(() -> graph.read());\n}\n"
                + "void soon(Runnable r) { home.schedule(() -> { r.run(); kept = r; }); }", "m", 2,
                "schedule");
        assertAccepted("@AnyThread void m() { later(() -> graph.edit()); }\n"
                + "void later(@GlobalState Runnable r) { kept = r; }");
        assertAccepted("@AnyThread void m() { kept = (Runnable) () -> graph.edit(); }");
    }

    @Test
    void parameterSaysHowItsFunctionRuns() {
        assertRefused("void m() {\n soon(() -> graph.edit());\n}\n"
                + "void soon(@IoCode Runnable r) { kept = r; }", "m", 2, "@IoCode",
                "planted.Bundle.soon");
    }

    @Test
    void exportedMethodNeedsACategory() {
        CategoryChecker checker = Planted.checker("""
                public static class Open {
                    public Open() { }
                    public void said() { }
                    @AnyThread public void any() { }
                    void hidden() { }
                    @Override public String toString() { return ""; }
                }
                public record Value(int x) { public int twice() { return 2 * x; } }
                public enum Kind { ONE; public void m() { } }
                public static class Bad extends Exception { public int errno() { return 0; } }
                static class Inner { public void m() { } }
                """);
        List<Violation> missing = checker.missing(Set.of("planted"));

        assertEquals(1, missing.size(), missing::toString);
        assertEquals("said", missing.getFirst().method());
        assertEquals(List.of(), checker.missing(Set.of("other")));
    }
}
