package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The words {@code guest} and {@code bench} of the script, as a user types them. */
class ToolsTest {
    private static final long BYTES = 32 << 20;

    @TempDir
    Path folder;

    @Test
    void guestShowsVerifiesAndMeasuresADisk() throws Exception {
        try (Backend backend =
                new BackplaneBackend(folder, Disk.create(folder, "qcow2", BYTES))) {
            backend.start();
            String socket = backend.socket().toString();
            Command info = Command.backplane("guest", "--socket", socket, "info", "--output",
                    "json");
            assertEquals(0, info.exitCode(), info.err());
            JsonObject shown = JsonParser.parseString(info.out()).getAsJsonObject();
            assertEquals(BYTES, shown.get("capacity-bytes").getAsLong());
            assertEquals("writeback", shown.get("cache").getAsString());
            assertEquals(4, shown.get("queues").getAsInt());
            assertTrue(shown.get("protocol-features").toString().contains("INFLIGHT_SHMFD"));

            String state = folder.resolve("state").toString();
            Command verify = Command.backplane("guest", "--socket", socket, "verify", "--time",
                    "0.5", "--save-state", state);
            assertEquals(0, verify.exitCode(), verify.out() + verify.err());
            assertTrue(verify.err().contains("seed "), verify.err());

            Command bench = Command.backplane("guest", "bench", "--socket", socket, "--time",
                    "0.3", "--warmup", "0.1", "--op", "randread", "--pid",
                    Long.toString(backend.pid()), "--output", "json");
            assertEquals(0, bench.exitCode(), bench.err());
            JsonObject result = JsonParser.parseString(bench.out()).getAsJsonObject();
            assertTrue(result.get("iops").getAsDouble() > 0, bench.out());
            assertTrue(result.get("cpu-us-per-io").getAsDouble() > 0, bench.out());

            backend.stop();
            spoil(backend.disk());
            backend.start();
            Command spoiled = Command.backplane("guest", "--socket", socket, "verify", "--time",
                    "0", "--load-state", state);
            assertEquals(2, spoiled.exitCode(), spoiled.out() + spoiled.err());
            assertTrue(spoiled.out().contains("mismatch at byte 1"), spoiled.out());
        }
    }

    private static void spoil(Disk disk) throws Exception {
        Command spoil = Command.run("qemu-io", "-f", disk.format(), "-c",
                "write -q -P 7 1M 1M", disk.image().toString());
        assertEquals(0, spoil.exitCode(), spoil.out() + spoil.err());
    }

    @Test
    void guestSaysWhatIsWrong() throws Exception {
        Command nobody = Command.backplane("guest", "--socket",
                folder.resolve("none.sock").toString(), "--connect-timeout", "0", "info");
        assertEquals(3, nobody.exitCode(), nobody.err());
        assertTrue(nobody.err().contains("none.sock"), nobody.err());
        Command usage = Command.backplane("guest", "--socket", "x", "bench", "--op", "juggle");
        assertEquals(64, usage.exitCode());
        assertTrue(usage.err().contains("'juggle'"), usage.err());
    }

    @Test
    void benchMeasuresACaseAndLeavesNothingBehind() throws Exception {
        Command bench = Command.backplane("bench", "--case", "qcow2-unallocated", "--pairs", "1",
                "--time", "0.2", "--quick", "--folder", folder.toString(), "--output", "json");
        assertEquals(0, bench.exitCode(), bench.err());
        JsonArray cases = JsonParser.parseString(bench.out()).getAsJsonArray();
        JsonObject one = cases.get(0).getAsJsonObject();
        assertEquals("qcow2-unallocated-qd32", one.get("case").getAsString());
        assertTrue(one.get("iops-ratio").getAsDouble() > 0, bench.out());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
        String processes = Command.run("ps", "-eo", "args").out();
        assertTrue(!processes.contains(folder.toString()), processes);
    }

    @Test
    void exploreRunsAllScenariosAndFindsAllPlantedBugs() throws Exception {
        Command all = Command.backplane("explore", "--all", "--schedules", "200");
        assertEquals(0, all.exitCode(), all.out() + all.err());
        String list = Command.backplane("explore", "--list").out();
        assertEquals(list.lines().filter(line -> line.startsWith("R-")).count(),
                all.out().lines().filter(line -> line.endsWith("  clean")).count(), all.out());
        assertEquals(list.lines().filter(line -> line.contains("--bug ")).count(),
                all.out().lines().filter(line -> line.contains("  found: ")).count(), all.out());
        String token = all.out().lines().filter(line -> line.contains("  found: ")).findFirst()
                .orElseThrow().replaceAll(".*  found: ", "");
        Command first = Command.backplane("explore", "--replay", token);
        assertEquals(1, first.exitCode(), first.err());
        assertEquals(first.out(), Command.backplane("explore", "--replay", token).out());
    }
}
