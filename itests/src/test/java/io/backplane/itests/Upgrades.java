package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * Upgrades of a daemon's drivers and devices, as an operator asks for them.
 *
 * @param daemon the daemon
 * @param qmp its monitor
 */
record Upgrades(Daemon daemon, Qmp qmp) {

    /** Takes all nodes of a driver over to a bundle, to the end of the job. */
    void driver(String driver, Path jar) throws Exception {
        run("driver-upgrade", driver, jar);
    }

    /** Takes all devices of a model over to a bundle, to the end of the job. */
    void device(String model, Path jar) throws Exception {
        run("device-upgrade", model, jar);
    }

    private void run(String command, String driver, Path jar) throws Exception {
        start(command, driver, jar);
        awaitEnd(driver);
    }

    /** Starts an upgrade as a job of the driver's name. */
    void start(String command, String driver, Path jar) throws IOException {
        qmp.execute("{'execute': '" + command + "', 'arguments': {'driver': '" + driver
                + "', 'bundle': '" + jar + "', 'job-id': 'u-" + driver
                + "', 'auto-dismiss': false}}");
    }

    /** Waits for the end of a job that was started. */
    void awaitEnd(String driver) throws Exception {
        JsonObject job = null;
        for (int i = 0; i < 6000; i++) {
            job = elements("query-jobs").stream().filter(j -> j.get("id").getAsString()
                    .equals("u-" + driver)).findFirst().orElseThrow();
            if (job.get("status").getAsString().equals("concluded")) {
                break;
            }
            Thread.sleep(5);
        }
        assertFalse(job.has("error"), job::toString);
        assertEquals("concluded", job.get("status").getAsString());
        qmp.execute("{'execute': 'job-dismiss', 'arguments': {'id': 'u-" + driver + "'}}");
    }

    /** Has Felix read the jar of the newest bundle of a name again. */
    void plainUpdate(String bundle) throws Exception {
        shell("felix:update " + newest(bundle));
    }

    /** Number of the newest bundle of a name. */
    private String newest(String bundle) throws Exception {
        return shell("felix:lb -s " + bundle).lines().filter(line -> line.contains(bundle))
                .map(line -> line.strip().split("\\|")[0].strip()).reduce((_, last) -> last)
                .orElseThrow();
    }

    /** Runs a line in the shell. */
    String shell(String line) throws IOException, InterruptedException {
        Command done = Command.backplane("shell", "--data", daemon.data().toString(), "-c", line);
        assertEquals(0, done.exitCode(), () -> line + ": " + done.out() + done.err());
        return done.out();
    }

    /** Pauses of a driver's nodes, one for each upgrade, in milliseconds. */
    List<Double> driverPausesMs(String driver) throws IOException {
        return elements("query-driver-upgrades").stream()
                .filter(e -> e.get("driver").getAsString().equals(driver))
                .map(e -> e.get("pause-max-ns").getAsLong() / 1e6).toList();
    }

    /** Pauses of the only device, one for each upgrade, in milliseconds. */
    List<Double> devicePausesMs() throws IOException {
        return elements("x-query-devices").getFirst().getAsJsonArray("swaps").asList().stream()
                .map(s -> s.getAsJsonObject().get("pause-ns").getAsLong() / 1e6).toList();
    }

    /** The elements of a query's answer. */
    List<JsonObject> elements(String query) throws IOException {
        return StreamSupport.stream(qmp.execute("{'execute': '" + query + "'}").getAsJsonArray()
                .spliterator(), false).map(JsonElement::getAsJsonObject).toList();
    }

    /** Says how long the pauses were. */
    static void print(String what, List<Double> pausesMs) {
        List<Double> sorted = pausesMs.stream().sorted().toList();
        System.out.printf("%s: %d upgrades, pause p50 %.1f ms, p99 %.1f ms, longest %.1f ms%n",
                what, sorted.size(), sorted.get((sorted.size() - 1) / 2),
                sorted.get((sorted.size() * 99 + 99) / 100 - 1), sorted.getLast());
    }
}
