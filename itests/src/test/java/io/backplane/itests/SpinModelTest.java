package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backplane.rules.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs SPIN over the models in itests/spin: the right ones hold, the planted bugs are found. */
class SpinModelTest {
    @TempDir
    Path work;

    @Test
    @Rule({"E1", "E2", "E3"})
    @Rule(value = {"E1", "E3"}, bug = "no second look at the list before the wait")
    @Rule(value = {"E2", "E3"}, bug = "checks first, then says that it waits")
    @Rule(value = "E2", bug = "wakes only while nobody dispatches")
    void notifyProtocolHoldsAndItsBuggyVariantsAreRefuted() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/spin")), "spin is not installed");
        Process process = new ProcessBuilder("sh",
                BuiltBundle.root().resolve("itests/spin/check.sh").toString(), work.toString())
                .redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        System.out.print(output);
        assertEquals(0, process.waitFor(), output);
    }
}
