package io.backplane.jcstress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.jcstress.Stress.Result;
import io.backplane.rules.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.annotations.JCStressTest;

/** Runs all tests of jcstress: shipped classes hold, planted bugs are found. */
class StressTest {
    private static final Stress.Length LENGTH = Stress.Length.valueOf(
            System.getProperty("backplane.jcstress", "short").toUpperCase(Locale.ROOT));
    /**
     * How often a test is run that a busy machine keeps from its rounds or its find, each time
     * twice as long as the time before.
     */
    private static final int ATTEMPTS = 8;

    @TempDir
    Path work;

    private final long beganNs = System.nanoTime();

    @AfterEach
    void tellTheTime(TestInfo test) {
        System.out.printf("%s took %d s%n", test.getDisplayName(),
                (System.nanoTime() - beganNs) / 1_000_000_000);
    }

    @Test
    void shippedPrimitivesHold() throws Exception {
        Stress stress = new Stress(work, LENGTH);
        List<Result> results = new ArrayList<>(stress.runAll());
        assertEquals(testNames(), results.stream().map(Result::test).collect(Collectors.toSet()));
        List<String> kept = withTooFewRounds(results);
        for (int attempt = 1; attempt <= ATTEMPTS && !kept.isEmpty(); attempt++) {
            results.addAll(stress.runAgain("again" + attempt, kept, 1 << attempt));
            kept = withTooFewRounds(results);
        }

        results.forEach(System.out::println);
        assertEquals(List.of(), results.stream().filter(r -> !r.faults().isEmpty()).toList());
        assertEquals(List.of(), kept);
    }

    private static List<String> withTooFewRounds(List<Result> results) {
        return results.stream().collect(
                Collectors.groupingBy(Result::test, Collectors.summingLong(Result::samples)))
                .entrySet().stream().filter(e -> e.getValue() < LENGTH.roundsMin())
                .map(Map.Entry::getKey).toList();
    }

    /** Each of them. Who is found is not looked for again. */
    @Test
    void plantedBugsAreFound() throws Exception {
        List<String> missed = new ArrayList<>();
        for (int round = 0; round < Planted.ROUNDS.size(); round++) {
            List<Planted> bugs = new ArrayList<>(Planted.ROUNDS.get(round));
            for (int attempt = 1; attempt <= ATTEMPTS && !bugs.isEmpty(); attempt++) {
                List<Result> results = new Stress(work, Stress.Length.SHORT)
                        .runPlanted("planted" + round + "-" + attempt, bugs,
                                1 << attempt - 1);
                bugs.removeIf(bug -> isFound(bug, results));
            }
            bugs.forEach(bug -> missed.add(bug.name()));
        }
        assertEquals(List.of(), missed);
    }

    private static boolean isFound(Planted bug, List<Result> results) {
        Result result = results.stream().filter(r -> r.test().equals(bug.test())).findFirst()
                .orElseThrow(() -> new AssertionError(bug + " did not run"));
        System.out.printf("%-24s %s%n", bug.name(), result);
        return result.forbidden() > 0;
    }

    /** What the tests say of bugs they find is what is planted. */
    @Test
    void everyBugThatATestNamesIsPlanted() throws Exception {
        Set<String> named = tests().stream()
                .filter(test -> Stream.of(test.getAnnotationsByType(Rule.class))
                        .anyMatch(rule -> !rule.bug().isEmpty()))
                .map(Class::getSimpleName).collect(Collectors.toSet());
        assertEquals(named, Planted.ROUNDS.stream().flatMap(List::stream).map(Planted::test)
                .collect(Collectors.toSet()));
    }

    private static Set<String> testNames() throws Exception {
        return tests().stream().map(Class::getSimpleName).collect(Collectors.toSet());
    }

    /** The tests there are, by their sources: one that jcstress leaves out is missed. */
    private static List<Class<?>> tests() throws Exception {
        Path root = Path.of("src/main/java");
        List<Class<?>> tests = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                String name = root.relativize(file).toString().replace('/', '.')
                        .replaceFirst("\\.java$", "");
                Class<?> type = Class.forName(name, false, StressTest.class.getClassLoader());
                if (type.isAnnotationPresent(JCStressTest.class)) {
                    tests.add(type);
                }
            }
        }
        assertTrue(tests.size() >= 14, tests.toString());
        return tests;
    }
}
