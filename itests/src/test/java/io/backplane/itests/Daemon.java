package io.backplane.itests;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A daemon of the assembled distribution, run as a process as a user would run it: standard input
 * is {@code /dev/null}, its data folder a temporary one unless the arguments name it.
 *
 * <p>{@link #close} kills what still runs and removes the folder, so a test puts it into a
 * {@code try}; a test of a clean end calls {@link #stop} first.
 */
final class Daemon implements AutoCloseable {
    static final Path DIST = Path.of(System.getProperty("backplane.dist"))
            .toAbsolutePath().normalize();
    private static final long LIMIT_SECONDS = 60;
    private static final String PERIODIC_TIMERS = "-Dbackplane.timers.periodic="
            + System.getProperty("backplane.timers.periodic", "off");

    private final Path work;
    private final Path data;
    private final Path ready;
    private final Process process;
    private final StringBuffer out = new StringBuffer();
    private final StringBuffer err = new StringBuffer();
    private final List<Thread> readers;

    private Daemon(Path dist, Path work, Path data, Map<String, String> environment,
            List<String> arguments) throws IOException {
        this.work = work;
        this.data = data;
        this.ready = work.resolve("ready");
        // A shell without job control has its background jobs ignore SIGINT, tests as any; the JVM
        // then leaves it ignored.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT",
                dist.resolve("backplane").toString(), "run"));
        if (!arguments.contains("--data")) {
            command.addAll(List.of("--data", data.toString()));
        }
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("BACKPLANE_AOT", "keep");
        builder.environment().putAll(environment);
        builder.environment().merge("BACKPLANE_JVM_OPTS", PERIODIC_TIMERS,
                (given, timers) -> given.contains("-Dbackplane.timers.") ? given
                        : timers + " " + given);
        builder.environment().put("BACKPLANE_READY_FILE", ready.toString());
        process = builder.start();
        readers = List.of(collect(process.getInputStream(), out),
                collect(process.getErrorStream(), err));
    }

    /** Starts a daemon and waits until it is ready. */
    static Daemon start(String... arguments) throws IOException, InterruptedException {
        return startWith(Map.of(), arguments);
    }

    /** Starts a daemon with more environment variables and waits until it is ready. */
    static Daemon startWith(Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        return startIn(DIST, environment, arguments);
    }

    /** Starts a daemon of another distribution and waits until it is ready. */
    static Daemon startIn(Path dist, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Daemon daemon = launchIn(dist, environment, arguments);
        try {
            daemon.awaitReady();
            return daemon;
        } catch (Throwable e) {
            daemon.close();
            throw e;
        }
    }

    /** Starts a daemon without waiting for anything. */
    static Daemon launch(String... arguments) throws IOException {
        return launchIn(DIST, Map.of(), arguments);
    }

    private static Daemon launchIn(Path dist, Map<String, String> environment,
            String... arguments) throws IOException {
        Path work = Files.createTempDirectory("bp-itest-");
        return new Daemon(dist, work, work.resolve("data"), environment, List.of(arguments));
    }

    private static Thread collect(InputStream stream, StringBuffer target) {
        return Thread.ofPlatform().daemon().start(() -> {
            byte[] buffer = new byte[4096];
            try {
                for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
                    target.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
                }
            } catch (IOException e) {
                target.append(e);
            }
        });
    }

    /** Waits until the daemon serves what its command line asks for. */
    void awaitReady() throws InterruptedException {
        for (int i = 0; i < LIMIT_SECONDS * 50; i++) {
            if (Files.exists(ready)) {
                return;
            }
            if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the daemon ended with " + awaitExit() + ":\n" + output());
            }
        }
        throw new AssertionError("the daemon is not ready:\n" + output());
    }

    /** Waits for the end of the process; returns its exit code. */
    int awaitExit() throws InterruptedException {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the daemon does not end:\n" + output());
        }
        for (Thread reader : readers) {
            reader.join(5000);
        }
        return process.exitValue();
    }

    /** SIGTERM, then {@link #awaitExit}. */
    int stop() throws InterruptedException {
        process.destroy();
        return awaitExit();
    }

    /** Sends a signal by name, such as {@code INT}. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
    }

    /** SIGKILL, then waits. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        awaitExit();
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** The data folder. */
    Path data() {
        return data;
    }

    /** A folder for the test's own files, removed by {@link #close}. */
    Path work() {
        return work;
    }

    /** Standard output so far. */
    String out() {
        return out.toString();
    }

    /** Standard error so far. */
    String err() {
        return err.toString();
    }

    private String output() {
        return "--- out\n" + out + "--- err\n" + err;
    }

    @Override
    public void close() {
        try {
            if (process.isAlive()) {
                kill();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        deleteTree(work);
    }

    static void deleteTree(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
