package io.backplane.tool.bench;

import com.google.gson.GsonBuilder;
import io.backplane.tool.guest.BenchResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Entry point of {@code backplane bench}. Exit codes: 0 done, 1 failed, 64 usage. */
@Command(name = "backplane bench", sortOptions = false,
        description = "Measure the daemon and, if it is installed, qemu-storage-daemon beside it, "
                + "with passes that alternate. Ratios are medians over the pairs.")
public final class Main implements Callable<Integer> {
    /** How results are printed. */
    enum Output { human, json }

    private static final long GIB = 1L << 30;
    private static final int CPUS = Runtime.getRuntime().availableProcessors();

    @Spec
    private CommandSpec spec;

    @Option(names = "--quick", description = "fewer cases, shorter passes: some two minutes")
    private boolean quick;

    @Option(names = "--case", paramLabel = "<name>",
            description = "only this case, or those that start so; repeatable")
    private List<String> cases = new ArrayList<>();

    @Option(names = "--list", description = "list the cases and exit")
    private boolean list;

    @Option(names = "--pairs", paramLabel = "<n>",
            description = "passes of each server (default: 5, quick 3)")
    private Integer pairs;

    @Option(names = "--time", paramLabel = "<s>",
            description = "seconds of a pass (default: 1, quick 0.5)")
    private Double seconds;

    @Option(names = "--no-peer", description = "leave qemu-storage-daemon out")
    private boolean noPeer;

    @Option(names = "--folder", paramLabel = "<path>", description = "where the image files go, "
            + "some 4 GiB, on a disk (default: bench in the data folder)")
    private Path folder;

    @Option(names = "--output", paramLabel = "human|json",
            description = "how results are printed (default: human)")
    private Output output = Output.human;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this and exit")
    private boolean help;

    private Main() {
    }

    /** Runs the benchmark; ends the JVM. */
    public static void main(String... arguments) {
        int code = new CommandLine(new Main())
                .setParameterExceptionHandler((e, a) -> {
                    System.err.println("backplane bench: " + e.getMessage());
                    return 64;
                })
                .setExecutionExceptionHandler((e, line, result) -> {
                    if (!(e instanceof IOException)) {
                        throw e;
                    }
                    System.err.println("backplane bench: " + e.getMessage());
                    return 1;
                })
                .execute(arguments);
        System.out.flush();
        System.exit(code);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<BenchCase> chosen = choose();
        if (list) {
            chosen.forEach(one -> System.out.println(one.name()));
            return 0;
        }
        Path script = script();
        String peer = noPeer ? null : version("qemu-storage-daemon");
        Path place = place();
        Path sockets = Files.createTempDirectory("bp-bench-");
        try (Images images = new Images(place, script, quick ? GIB / 2 : GIB)) {
            Bench bench = new Bench(script, peer != null, pairs != null ? pairs : quick ? 3 : 5,
                    seconds != null ? seconds : quick ? 0.5 : 1, quick ? 2.5 : 4, images, sockets);
            head(peer, place);
            List<CaseResult> results = new ArrayList<>();
            for (BenchCase one : chosen) {
                if (one.serverCpu() > 0 && CPUS < 2) {
                    System.err.println(one.name() + ": needs two CPUs, left out");
                    continue;
                }
                CaseResult result = bench.run(one);
                results.add(result);
                if (output == Output.human) {
                    System.out.print(line(one, result));
                }
            }
            if (output == Output.json) {
                System.out.println(new GsonBuilder().setPrettyPrinting().create().toJson(results));
            }
            return 0;
        } finally {
            remove(sockets);
        }
    }

    private List<BenchCase> choose() {
        List<BenchCase> chosen = new ArrayList<>();
        for (BenchCase one : BenchCase.ALL) {
            if (cases.isEmpty() ? one.quick() || !quick
                    : cases.stream().anyMatch(one.name()::startsWith)) {
                chosen.add(one);
            }
        }
        if (chosen.isEmpty()) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "no case starts with " + String.join(" or ", cases) + "; --list shows them");
        }
        return chosen;
    }

    private static Path script() throws IOException {
        String home = System.getProperty("backplane.home");
        Path script = home == null ? null : Path.of(home, "backplane");
        if (script == null || !Files.isExecutable(script)) {
            throw new IOException("no distribution in '" + home + "'; start with the script"
                    + " backplane");
        }
        return script.toAbsolutePath();
    }

    private Path place() throws IOException {
        Path place = folder != null ? folder.resolve("backplane-bench")
                : Path.of(System.getProperty("backplane.data", "data"), "bench");
        Files.createDirectories(place);
        if (isOnTmpfs(place)) {
            System.err.println("backplane bench: " + place + " is on tmpfs, where io_uring takes"
                    + " another path and O_DIRECT none; choose a disk with --folder");
        }
        return place.toAbsolutePath();
    }

    /** False also where nobody can say: the root of a chroot, for one, is no mount point. */
    private static boolean isOnTmpfs(Path place) {
        try {
            return Files.getFileStore(place).type().equals("tmpfs");
        } catch (IOException e) {
            return false;
        }
    }

    private static String version(String program) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(program, "--version")
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String text = new String(process.getInputStream().readAllBytes(),
                    java.nio.charset.StandardCharsets.UTF_8);
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0
                    ? text.lines().findFirst().orElse(program) : null;
        } catch (IOException e) {
            return null;
        }
    }

    private void head(String peer, Path place) {
        if (output == Output.json) {
            return;
        }
        System.out.println("peer: " + (peer == null ? "none (install qemu-system-common for"
                + " qemu-storage-daemon)" : peer));
        System.out.println(CPUS + " CPUs, Linux " + System.getProperty("os.version") + ", files in "
                + place);
        System.out.println("kIOPS and CPU microseconds of the server per request are medians;"
                + " ratio = ours / peer");
        System.out.printf("%-24s %8s %7s %8s | %8s %7s %8s | %6s %6s %6s  %s%n", "case", "kIOPS",
                "CPU", "p50 us", "kIOPS", "CPU", "p50 us", "IOPS", "CPU", "p50", "goal");
    }

    private static String line(BenchCase one, CaseResult result) {
        StringBuilder text = new StringBuilder(128);
        text.append(String.format(Locale.ROOT, "%-24s ", one.name()));
        side(text, result.ours());
        if (!result.peer().isEmpty()) {
            text.append(" | ");
            side(text, result.peer());
            text.append(String.format(Locale.ROOT, " | %6.2f %6.2f %6.2f  %s%s",
                    result.iopsRatio(), result.cpuRatio(), result.p50Ratio(), goal(one),
                    result.good() ? "ok" : "MISSED"));
        }
        return text.append(System.lineSeparator()).toString();
    }

    private static void side(StringBuilder text, List<BenchResult> passes) {
        text.append(String.format(Locale.ROOT, "%8.1f %7.2f %8.1f",
                CaseResult.median(passes, BenchResult::iops) / 1e3,
                CaseResult.median(passes, BenchResult::cpuUsPerIo),
                CaseResult.median(passes, BenchResult::p50Us)));
    }

    private static String goal(BenchCase one) {
        StringBuilder goal = new StringBuilder();
        if (one.iopsGoal() > 0) {
            goal.append("IOPS>=").append(one.iopsGoal()).append(' ');
        }
        if (one.cpuGoal() > 0) {
            goal.append("CPU<=").append(one.cpuGoal()).append(' ');
        }
        if (one.p50Goal() > 0) {
            goal.append("p50<=").append(one.p50Goal()).append(' ');
        }
        return goal.toString();
    }

    private static void remove(Path root) {
        try (java.util.stream.Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.err.println("backplane bench: can't remove " + root + ": " + e.getMessage());
        }
    }
}
