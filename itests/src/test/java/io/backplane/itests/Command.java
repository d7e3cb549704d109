package io.backplane.itests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The result of a command that ends by itself.
 *
 * @param exitCode its exit code
 * @param out its standard output
 * @param err its standard error
 */
record Command(int exitCode, String out, String err) {
    private static final long LIMIT_SECONDS = 120;

    /** Runs the distribution's script with {@code arguments}. */
    static Command backplane(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Daemon.DIST.resolve("backplane").toString()));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new));
    }

    /** Runs any command, without standard input. */
    static Command run(String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("bp-itest-", ".out");
        Path err = Files.createTempFile("bp-itest-", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            Process process = builder.start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("no end: " + String.join(" ", command) + "\n"
                        + Files.readString(err));
            }
            return new Command(process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}
