package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Makes the JVM's AOT caches of a distribution by running its script once with
 * {@code BACKPLANE_AOT_OUTPUT} set. A cache is only an accelerator: failure is reported and the
 * distribution works without. A cache is made again when the jars, the flags or the JVM differ
 * from those it was made with.
 *
 * @param home the distribution
 */
record Training(Path home) {
    static final String FOLDER = "aot";
    private static final int LIMIT_SECONDS = 120;

    /** Makes the cache of the daemon, which is stopped as soon as it is ready. */
    void daemon() {
        run("daemon", List.of("run", "--no-shell", "--data", work("daemon").toString()), true,
                "Main");
    }

    /**
     * Makes the cache of a tool: by its class {@code Training}, which runs typical commands in the
     * folder it is given, or else by its help.
     */
    void tool(String name) {
        boolean hasTraining = hasTraining(name);
        run(name, hasTraining ? List.of(name, work(name).toString()) : List.of(name, "--help"),
                false, hasTraining ? "Training" : "Main");
    }

    private boolean hasTraining(String name) {
        String entry = "io/backplane/tool/" + name + "/Training.class";
        Path list = home.resolve("etc").resolve(name + ".classpath");
        try {
            for (String jar : Files.readAllLines(list)) {
                try (JarFile file = new JarFile(home.resolve(jar).toFile())) {
                    if (file.getEntry(entry) != null) {
                        return true;
                    }
                }
            }
        } catch (IOException e) {
            warn(name, e.toString());
        }
        return false;
    }

    /** A scratch folder for the training of {@code name}. */
    Path work(String name) {
        return home.resolve(FOLDER).resolve(name + ".work");
    }

    private void run(String name, List<String> arguments, boolean stopWhenReady,
            String mainClass) {
        Path cache = home.resolve(FOLDER).resolve(name + ".aot");
        Path keyFile = home.resolve(FOLDER).resolve(name + ".key");
        try {
            String key = key();
            if (Files.exists(cache) && Files.exists(keyFile)
                    && Files.readString(keyFile).equals(key)) {
                return;
            }
            Files.deleteIfExists(keyFile);
            Files.deleteIfExists(cache);
            delete(work(name));
            Files.createDirectories(work(name));
            Path output = cache.resolveSibling(name + ".part");
            train(name, arguments, stopWhenReady, output, mainClass);
            if (Files.exists(output)) {
                Files.move(output, cache, StandardCopyOption.REPLACE_EXISTING);
                Files.writeString(keyFile, key);
            } else {
                warn(name, "the JVM wrote none");
            }
        } catch (IOException e) {
            warn(name, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            delete(work(name));
        }
    }

    private void train(String name, List<String> arguments, boolean stopWhenReady, Path output,
            String mainClass) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(home.resolve("backplane").toString()));
        command.addAll(arguments);
        Path log = work(name).resolve("training.log");
        Path ready = work(name).resolve("training.ready");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(log.toFile()).directory(work(name).toFile());
        builder.environment().put("BACKPLANE_AOT_OUTPUT", output.toString());
        builder.environment().put("BACKPLANE_TOOL_MAIN", mainClass);
        builder.environment().put("BACKPLANE_READY_FILE", ready.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        process.getOutputStream().close();
        long waited = 0;
        boolean asked = false;
        while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
            waited += 100;
            if (stopWhenReady && !asked && Files.exists(ready)) {
                process.destroy();
                asked = true;
            }
            if (waited > LIMIT_SECONDS * 1000L) {
                process.destroyForcibly().waitFor();
                throw new IOException("no end after " + LIMIT_SECONDS + " s");
            }
        }
        if (process.exitValue() != 0) {
            throw new IOException("exit code " + process.exitValue() + ": "
                    + Files.readString(log).strip());
        }
    }

    /** What a cache depends on. */
    private String key() throws IOException {
        StringBuilder key = new StringBuilder(System.getProperty("java.vm.version") + "\n");
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.sorted().toList()) {
                if (Files.isRegularFile(file) && !file.startsWith(home.resolve(FOLDER))) {
                    key.append(home.relativize(file)).append(' ').append(Files.size(file))
                            .append(' ').append(Files.getLastModifiedTime(file)).append('\n');
                }
            }
        }
        return key.toString();
    }

    private static void warn(String name, String reason) {
        System.err.println("No AOT cache for " + name + " (it starts slower): " + reason);
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            System.err.println("can't delete " + folder + ": " + e);
        }
    }
}
