package io.backplane.launcher;

import io.backplane.boot.Ready;
import io.backplane.boot.Startup;
import io.backplane.boot.StartupOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One run of the daemon, from the parsed command line to the exit code.
 *
 * <p>States: starting, ready, stopping. {@link #run} stays on the main thread: it starts the
 * platform, then waits until somebody asks for the end ({@link #shutdown}, {@link #failed}, a
 * signal), then stops the platform. The first reason to end wins and gives the exit code.
 */
final class Daemon implements Startup {
    private record End(int exitCode, String message) {
    }

    // Immutable
    private final CommandLine commandLine;
    private final DataFolder data;
    private final List<StartupOption> options;

    // Any thread
    private final AtomicReference<End> end = new AtomicReference<>();
    private final CountDownLatch ending = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicBoolean isReady = new AtomicBoolean();
    private final Queue<String> announcements = new ConcurrentLinkedQueue<>();
    private volatile Platform platform;

    Daemon(CommandLine commandLine, DataFolder data) {
        this.commandLine = commandLine;
        this.data = data;
        this.options = commandLine.options().isEmpty()
                ? List.of(new StartupOption(StartupOption.DEFAULT, data.path().toString()))
                : commandLine.options();
    }

    /** Runs until the end; returns the exit code. */
    int run(Path home) {
        Thread signalHook = new Thread(this::stopOnSignal, "backplane-signal");
        Runtime.getRuntime().addShutdownHook(signalHook);
        try {
            platform = Platform.create(home, data, wantsConsole(), commandLine.command());
            platform.start(this);
            platform.requireAllActive();
            if (commandLine.command() != null) {
                platform.requireShell();
            }
            if (!platform.hasControl()) {
                readyWithoutControl();
            }
            ending.await();
        } catch (LaunchException e) {
            failed(e.getMessage());
        } catch (InterruptedException e) {
            shutdown(1);
        } catch (RuntimeException | Error e) {
            e.printStackTrace();
            failed("internal error: " + e);
        }
        return finish();
    }

    private boolean wantsConsole() {
        return commandLine.console() && commandLine.command() == null
                && !commandLine.daemonize() && !stdioIsTaken();
    }

    private boolean stdioIsTaken() {
        return options.stream()
                .anyMatch(o -> o.name().equals("chardev") && o.value().contains("stdio"));
    }

    private void readyWithoutControl() {
        if (options.getFirst().name().equals(StartupOption.DEFAULT)) {
            ready("");
        } else {
            failed("this distribution has no control bundle to execute " + options.getFirst());
        }
    }

    private int finish() {
        if (platform != null) {
            platform.stop();
        }
        if (isReady.get() && commandLine.pidFile() != null) {
            deletePidFile();
        }
        data.close();
        End reason = end.get();
        if (reason.message() != null) {
            System.err.println("backplane: " + reason.message());
        }
        System.out.flush();
        System.err.flush();
        ended.countDown();
        return reason.exitCode();
    }

    /**
     * The JVM calls this on SIGTERM, SIGINT and SIGHUP: a clean stop, with exit code 0. What never
     * was ready did not do what it was started for, and says so.
     */
    private void stopOnSignal() {
        if (isReady.get()) {
            shutdown(0);
        } else {
            failed("stopped by a signal before everything was served");
        }
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(end.get().exitCode());
    }

    @Override
    public List<StartupOption> options() {
        return options;
    }

    @Override
    public Path dataFolder() {
        return data.path();
    }

    @Override
    public void ready(String summary) {
        if (end.get() != null || !isReady.compareAndSet(false, true)) {
            return;
        }
        try {
            writePidFile();
            show(summary);
            tellParent();
        } catch (IOException e) {
            failed(e.getMessage());
            return;
        }
        platform.publish(() -> summary);
    }

    /** Nothing may be shown where standard output belongs to a command or a monitor. */
    private void show(String summary) {
        if (commandLine.command() != null) {
            return;
        }
        if (!summary.isEmpty()) {
            System.out.println(summary);
        }
        if (!stdioIsTaken()) {
            announcements.forEach(lines ->
                    System.out.println((summary.isEmpty() ? "" : "\n") + lines));
        }
        System.out.flush();
    }

    @Override
    public void announce(String lines) {
        announcements.add(lines);
    }

    private void writePidFile() throws IOException {
        Path file = commandLine.pidFile();
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, ProcessHandle.current().pid() + "\n");
        } catch (IOException e) {
            throw new IOException("can't write the pid file " + file + ": " + e, e);
        }
    }

    private void deletePidFile() {
        try {
            Files.deleteIfExists(commandLine.pidFile());
        } catch (IOException e) {
            System.err.println("backplane: can't delete " + commandLine.pidFile() + ": " + e);
        }
    }

    /** The script that detached this process waits for this file. */
    private static void tellParent() throws IOException {
        String file = System.getProperty("backplane.ready.file");
        if (file != null) {
            Files.writeString(Path.of(file), "ready\n");
        }
    }

    @Override
    public void failed(String message) {
        end(new End(1, message));
    }

    @Override
    public void shutdown(int exitCode) {
        if (exitCode < 0 || exitCode > 255) {
            throw new IllegalArgumentException("exit code " + exitCode + " is not in 0..255");
        }
        end(new End(exitCode, null));
    }

    private void end(End reason) {
        if (end.compareAndSet(null, reason)) {
            ending.countDown();
        }
    }
}
