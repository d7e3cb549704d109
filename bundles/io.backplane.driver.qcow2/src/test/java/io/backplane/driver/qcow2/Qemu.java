package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The other implementation. */
final class Qemu {
    /** How a command ended. */
    record Result(int code, String output) {
    }

    private Qemu() {
    }

    /** Skips the test if qemu-img or qemu-io is not there. */
    static void assumeInstalled() {
        boolean there = false;
        try {
            there = run("qemu-img", "--version").code == 0
                    && run("qemu-io", "--version").code == 0;
        } catch (IOException | InterruptedException e) {
            there = false;
        }
        Assumptions.assumeTrue(there, "qemu-img and qemu-io are not installed (apt: qemu-utils)");
    }

    static Result run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(),
                StandardCharsets.UTF_8);
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("hangs: " + String.join(" ", command));
        }
        return new Result(process.exitValue(), output);
    }

    /** Runs a command that must succeed; gives its output. */
    static String ok(String... command) throws IOException, InterruptedException {
        Result result = run(command);
        assertEquals(0, result.code, String.join(" ", command) + "\n" + result.output);
        return result.output;
    }

    static void io(Path image, String... commands) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("qemu-io", "-f", "qcow2"));
        for (String command : commands) {
            all.add("-c");
            all.add(command);
        }
        all.add(image.toString());
        String output = ok(all.toArray(String[]::new));
        if (output.contains("failed") || output.contains("error")) {
            throw new AssertionError(output);
        }
    }

    /** Passes only if the image has no error and no leak. */
    static void check(Path image) throws IOException, InterruptedException {
        ok("qemu-img", "check", "-f", "qcow2", image.toString());
    }
}
