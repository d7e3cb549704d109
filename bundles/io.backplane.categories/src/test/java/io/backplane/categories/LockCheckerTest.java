package io.backplane.categories;

import static io.backplane.categories.Planted.assertAccepted;
import static io.backplane.categories.Planted.assertRefused;

import io.backplane.rules.Rule;
import org.junit.jupiter.api.Test;

/** Calls that the graph lock forbids, each with a twin that is right. */
class LockCheckerTest {
    private static final String M = "@GlobalState @Suspends void m() throws Exception {\n";

    @Test
    @Rule("G3")
    void editNeedsTheWriteLock() {
        assertRefused(M + "locked.edit();\n}", "m", 2, "planted.Bundle.m", "has no section",
                "planted.Locked.edit, which is @GraphWrlock");
        assertAccepted(M + "try (WriteSection s = locked.awaitWrite()) {\nlocked.edit();\n}\n}");
        assertAccepted("@GlobalState @GraphWrlock void m() { locked.edit(); }");
    }

    @Test
    void readLockIsNotEnoughToEditButToWalk() {
        assertRefused(M + "try (ReadSection s = locked.awaitRead()) {\nlocked.walk();\n"
                + "locked.edit();\n}\n}", "m", 4, "@GraphWrlock");
        assertRefused("@GlobalState @GraphRdlock void m() {\nlocked.edit();\n}", "m", 2,
                "is @GraphRdlock but calls", "@GraphWrlock");
        assertAccepted(M + "try (WriteSection s = locked.awaitWrite()) {\nlocked.walk();\n}\n}");
        assertRefused(M + "locked.walk();\n}", "m", 2, "@GraphRdlock");
    }

    @Test
    @Rule({"G6", "R-STREAM-GRAPHLOCK"})
    @Rule(value = "G6", bug = "a drain begins inside a section of the graph lock")
    void drainMustNotBeginUnderTheLock() {
        assertRefused(M + "try (WriteSection s = locked.awaitWrite()) {\n"
                + "locked.awaitDrained();\n}\n}", "m", 3, "has a section of the graph lock open",
                "planted.Locked.awaitDrained, which is @GraphUnlocked");
        assertRefused(M + "try (ReadSection s = locked.awaitRead()) {\n"
                + "locked.awaitDrained();\n}\n}", "m", 3, "@GraphUnlocked");
        assertRefused("@GlobalState @Suspends @GraphWrlock void m() {\n"
                + "locked.awaitDrained();\n}", "m", 2, "is @GraphWrlock but calls");
        assertAccepted(M + "try (AutoCloseable d = locked.awaitDrained();\n"
                + "WriteSection s = locked.awaitWrite()) {\nlocked.edit();\n}\n}");
    }

    @Test
    void sectionEndsWithItsBlockAlsoByReturnThrowAndContinue() {
        assertAccepted(M + "for (int i = 0; i < 3; i++) {\n"
                + "try (WriteSection s = locked.awaitWrite()) {\n"
                + "if (kept == null) { continue; }\nif (kept == home) { return; }\n"
                + "if (kept == graph) { throw new Exception(); }\nlocked.edit();\n}\n"
                + "locked.awaitDrained();\n}\nlocked.awaitDrained();\n}");
        assertAccepted(M + "boolean done = false;\ntry (WriteSection s = locked.awaitWrite()) {\n"
                + "locked.edit();\ndone = true;\n} finally {\n"
                + "if (!done) { locked.awaitDrained(); }\n}\n}");
        assertRefused(M + "try (WriteSection s = locked.awaitWrite()) {\nlocked.edit();\n}\n"
                + "locked.edit();\n}", "m", 5, "has no section");
    }

    @Test
    void methodThatSaysNothingIsInferredAndItsCallerAnswers() {
        assertRefused(M + "change();\n}\nvoid change() {\nlocked.edit();\n}", "m", 2,
                "planted.Locked.edit", "through planted.Bundle.change");
        assertAccepted(M + "try (WriteSection s = locked.awaitWrite()) {\nchange();\n}\n}\n"
                + "void change() { locked.edit(); }");
        assertRefused(M + "try (WriteSection s = locked.awaitWrite()) {\nquiet();\n}\n}\n"
                + "void quiet() {\nlocked.awaitDrained();\n}", "m", 3,
                "through planted.Bundle.quiet");
        assertRefused(M + "try (WriteSection s = locked.awaitWrite()) {\nquiet();\n}\n}\n"
                + "@GlobalState @Suspends void quiet() {\nlocked.awaitDrained();\n}", "m", 3,
                "through planted.Bundle.quiet");
    }

    @Test
    void functionRunsUnderTheLockOnlyIfItRunsThere() {
        assertAccepted(M + "try (WriteSection s = locked.awaitWrite()) {\n"
                + "List.of(1).forEach(i -> locked.edit());\n}\n}");
        assertRefused(M + "try (WriteSection s = locked.awaitWrite()) {\n"
                + "List.of(1).forEach(i -> locked.awaitDrained());\n}\n}", "m", 3,
                "a lambda of planted.Bundle.m");
        assertRefused(M + "try (WriteSection s = locked.awaitWrite()) {\n"
                + "home.schedule(() -> locked.edit());\n}\n}", "m", 3, "runs on its own");
        assertAccepted(M + "try (WriteSection s = locked.awaitWrite()) {\n"
                + "home.spawn(() -> locked.awaitDrained());\n}\n}");
    }

    @Test
    void overrideTakesTheMarkAndAsksForNoMore() {
        assertRefused("static class D { Locked l;\n"
                + "static abstract class A { @GlobalState @Suspends @GraphWrlock abstract void a(); }"
                + "\nstatic class B extends A { Locked l;\nvoid a() {\nl.awaitDrained();\n}}}",
                "a", 5, "is @GraphWrlock but calls");
        assertRefused("static abstract class A { @GlobalState abstract void a(); }\n"
                + "static class B extends A {\n@GlobalState @GraphWrlock void a() {\n}}", "a", 4,
                "is @GraphWrlock but overrides planted.Bundle$A.a");
    }
}
