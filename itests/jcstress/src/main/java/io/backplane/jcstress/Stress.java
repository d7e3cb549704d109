package io.backplane.jcstress;

import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.PatchedClasses;
import io.backplane.rules.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;

/** Runs jcstress over the tests of this module, with the shipped classes or with planted bugs. */
public final class Stress {
    /** How long. */
    public enum Length {
        /** Seconds: one JVM for each test, compiled by C2 as the daemon is. */
        SHORT(10_000, 300, "-m", "quick", "-iters", "3", "-f", "1", "-fsm", "1", "-sc",
                "false", "-af", "NONE", "-strideSize", "128", "-strideCount", "4"),
        /** Tens of minutes: all modes of compilation that jcstress knows, pinned and not. */
        LONG(1_000_000, 1000, "-m", "default");

        private final long roundsMin;
        private final int timeMs;
        private final List<String> options;

        Length(long roundsMin, int timeMs, String... options) {
            this.roundsMin = roundsMin;
            this.timeMs = timeMs;
            this.options = List.of(options);
        }

        /** A test that went through fewer rounds has shown nothing. */
        public long roundsMin() {
            return roundsMin;
        }
    }

    /**
     * What came of a test.
     *
     * @param test simple name
     * @param rules the rules it proves
     * @param samples how many rounds ran
     * @param forbidden how many of them ended as none may
     * @param faults each such outcome, and what else went wrong; empty if nothing
     */
    public record Result(String test, String rules, long samples, long forbidden,
            List<String> faults) {
        @Override
        public String toString() {
            return String.format("%-26s %-8s %,14d rounds, %,d forbidden%s", test, rules, samples,
                    forbidden, faults.isEmpty() ? "" : " " + faults);
        }
    }

    private static final String JVM = "--add-opens=java.base/java.lang=ALL-UNNAMED"
            + " --enable-native-access=ALL-UNNAMED -Djdk.trackAllThreads=false"
            + " -XX:+UseSerialGC -Xms256m -Xmx512m -ea";

    private final Path work;
    private final Length length;

    /**
     * Runs to come.
     *
     * @param work where reports and patched classes go
     */
    public Stress(Path work, Length length) {
        this.work = work;
        this.length = length;
    }

    /** The shipped classes under all tests. */
    public List<Result> runAll() throws Exception {
        return run("shipped", "", "io\\.backplane\\..*", 1);
    }

    /** The shipped classes under a few tests, {@code times} as long. */
    public List<Result> runAgain(String name, List<String> tests, int times) throws Exception {
        return run(name, "", filter(tests), times);
    }

    private static String filter(List<String> tests) {
        return ".*\\.(" + String.join("|", tests) + ")";
    }

    /**
     * Shipped classes with a few bugs, each under the test that must find it, {@code times} as
     * long.
     */
    public List<Result> runPlanted(String name, List<Planted> bugs, int times) throws Exception {
        Path classes = Files.createDirectories(work.resolve(name + "-classes"));
        List<Patch> patches = new ArrayList<>();
        bugs.forEach(bug -> patches.addAll(bug.patches()));
        for (Map.Entry<String, byte[]> each : PatchedClasses.of(patches).entrySet()) {
            Path file = classes.resolve(each.getKey().replace('.', '/') + ".class");
            Files.createDirectories(file.getParent());
            Files.write(file, each.getValue());
        }
        return run(name, classes + ":", filter(bugs.stream().map(Planted::test).toList()),
                times);
    }

    /** In a JVM of its own, whose class path is that of the JVMs it forks. */
    private List<Result> run(String name, String firstClasses, String filter, int times)
            throws Exception {
        Path folder = Files.createDirectories(work.resolve(name));
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java", "-cp",
                firstClasses + System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main", "-t", filter, "-r", folder + "/",
                "-time", Integer.toString(length.timeMs * times)));
        command.addAll(length.options);
        command.addAll(length == Length.SHORT ? List.of("-jvmArgs", JVM)
                : List.of("-jvmArgsPrepend", JVM));
        Path log = folder.resolve("log.txt");
        int status = new ProcessBuilder(command).directory(folder.toFile())
                .redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
        InProcessCollector collector = new InProcessCollector();
        for (Path file : results(folder)) {
            DiskReadCollector reader = new DiskReadCollector(file.toString(), collector);
            reader.dump();
            reader.close();
        }
        if (collector.getTestResults().isEmpty()) {
            throw new IllegalStateException("no test ran, jcstress ended with " + status + ":\n"
                    + Files.readString(log));
        }
        return ReportUtils.mergedByName(collector.getTestResults()).stream()
                .map(Stress::result).sorted(Comparator.comparing(Result::test)).toList();
    }

    private static List<Path> results(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".bin.gz")).toList();
        }
    }

    private static Result result(TestResult test) {
        long forbidden = 0;
        List<String> faults = new ArrayList<>();
        for (GradingResult outcome : test.grading().gradingResults.values()) {
            if (outcome.count > 0 && outcome.expect == Expect.FORBIDDEN) {
                forbidden += outcome.count;
                faults.add("'" + outcome.id + "' " + outcome.description);
            }
        }
        if (!test.grading().isPassed && faults.isEmpty()) {
            faults.add(test.status() + " " + test.getMessages() + test.getVmErr());
        }
        String name = test.getName();
        return new Result(name.substring(name.lastIndexOf('.') + 1), rules(name),
                test.getTotalCount(), forbidden, faults);
    }

    private static String rules(String name) {
        try {
            return Stream.of(Class.forName(name, false, Stress.class.getClassLoader())
                            .getAnnotationsByType(Rule.class))
                    .flatMap(rule -> Stream.of(rule.value())).distinct()
                    .collect(Collectors.joining(" "));
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
