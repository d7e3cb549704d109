package io.backplane.tool.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.rules.Rule;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every scenario against the shipped code and against each planted bug. More schedules:
 * {@code -Dbackplane.explore.schedules=100000}.
 */
class ExplorerTest {
    private static final long SCHEDULES = Long.getLong("backplane.explore.schedules", 1500);
    private static final long SEED = Long.getLong("backplane.explore.seed", 1);
    private static final long BUG_LIMIT_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int REPLAYS = 10;

    private final Explorer explorer = new Explorer();

    @AfterEach
    void forgetClasses() {
        explorer.clear();
    }

    static Stream<String> scenarios() {
        return Catalog.all().stream().map(Scenario::name);
    }

    static Stream<Arguments> bugs() {
        return Catalog.all().stream().flatMap(
                s -> s.bugs().stream().map(b -> Arguments.of(s.name(), b.name())));
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void shippedCodeIsCleanOverManySchedules(String name) {
        Outcome outcome = explorer.explore(Catalog.find(name), null,
                new Plan(SCHEDULES, SEED, 0, 0));
        assertNull(outcome.failure(), () -> outcome.token() + ": " + outcome.failure());
        assertEquals(SCHEDULES, outcome.schedules());
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void shippedCodeIsCleanOverTheFirstChoicesOfAllKinds(String name) {
        Outcome outcome = explorer.explore(Catalog.find(name), null,
                new Plan(SCHEDULES / 4, SEED, 60, 0));
        assertNull(outcome.failure(), () -> outcome.token() + ": " + outcome.failure());
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void plantedBugIsFoundAndReplaysTenTimes(String name, String bug) {
        Outcome found = explorer.explore(Catalog.find(name), bug,
                new Plan(Long.MAX_VALUE, SEED, 0, BUG_LIMIT_NS));
        assertNotNull(found.token(), "not found in " + found.schedules() + " schedules");
        assertTrue(found.isFound(), () -> "not what is planted: " + found.failure());
        Token token = Token.parse(found.token());
        Outcome first = explorer.replay(token);
        assertEquals(found.failure(), first.failure());
        assertFalse(first.trace().isEmpty());
        for (int i = 1; i < REPLAYS; i++) {
            Outcome again = explorer.replay(token);
            assertEquals(first.failure(), again.failure());
            assertEquals(first.trace(), again.trace());
        }
        explorer.clear();
        Outcome fresh = explorer.replay(token); // as another process would
        assertEquals(first.trace(), fresh.trace());
    }

    @Test
    void exhaustiveSearchFindsAPlantedBugAndItsTokenReplays() {
        Scenario scenario = Catalog.find("R-NESTED-POOL");
        Outcome found = explorer.explore(scenario, "one-at-a-time",
                new Plan(100_000, SEED, 40, BUG_LIMIT_NS));
        assertNotNull(found.token());
        assertTrue(found.token().contains(":x:"), found.token());
        assertEquals(found.failure(), explorer.replay(Token.parse(found.token())).failure());
    }

    /** The planted bug of {@code plantedBugIsFound...} that a timer hides while timers run. */
    @Test
    @Rule("E13")
    void whatLivesOnAPeriodicTimerIsFoundOnlyWhereTheseAreOff() {
        Scenario scenario = Catalog.find("R-LOST-NOTIFY");
        String before = System.setProperty(AioContext.PERIODIC_TIMERS, "on");
        try {
            for (int seed = 0; seed < 300; seed++) { // by dice: priorities may starve the others
                Outcome hidden = explorer.explore(scenario, "lives-on-a-timer",
                        new Plan(1, seed, 0, 0));
                assertNull(hidden.failure(), () -> hidden.token() + ": " + hidden.failure());
            }
        } finally {
            System.setProperty(AioContext.PERIODIC_TIMERS, before == null ? "off" : before);
        }
        Outcome found = explorer.explore(scenario, "lives-on-a-timer",
                new Plan(Long.MAX_VALUE, SEED, 0, BUG_LIMIT_NS));
        assertTrue(found.isFound(), "not found in " + found.schedules() + " schedules");
    }

    @Test
    void aPatchThatFindsNothingIsAnError() {
        Patch patch = Patch.call("io.backplane.aio.InFlight", "increment", "java.lang.Object",
                "hashCode", ExplorerTest.class, "nothing");
        assertThrows(IllegalStateException.class, () -> new WovenLoader(List.of(patch)).check());
    }

    @Test
    void everyScenarioNamesRulesAndBugs() {
        for (Scenario scenario : Catalog.all()) {
            assertNotNull(scenario.getClass().getAnnotation(Rule.class), scenario.name());
            assertFalse(scenario.bugs().isEmpty(), scenario.name());
            assertTrue(scenario.name().matches("R-[A-Z0-9-]+"), scenario.name());
        }
    }

    @Test
    void tokensAreReadAsTheyAreWritten() {
        for (String text : List.of("R-X:r:1f", "R-X+bug:p:ffffffffffffffff", "R-X:x:01z[40]2")) {
            assertEquals(text, Token.parse(text).toString());
        }
        for (String text : List.of("", "R-X", "R-X:q:1", "R-X:r:xyz", "R-X:x:[")) {
            assertThrows(IllegalArgumentException.class, () -> Token.parse(text), text);
        }
    }

    /** Never planted. */
    public static int nothing(Object of) {
        return 0;
    }
}
