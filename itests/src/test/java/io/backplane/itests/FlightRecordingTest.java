package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.rules.Rule;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipe of the README: what a running daemon did, in JFR events. */
class FlightRecordingTest {
    private static final long BYTES = 32 << 20;

    @TempDir
    Path folder;

    @Test
    @Rule("E6")
    void recordingOfAGuestJoinsTheStoreysOfEachRequest() throws Exception {
        Path file = folder.resolve("bp.jfr");
        Path socket = folder.resolve("disk.sock");
        Path qmpSocket = folder.resolve("qmp.sock");
        Disk disk = Disk.create(folder, "qcow2", BYTES);
        try (Daemon daemon = Daemon.start(
                "--blockdev", "driver=file,node-name=file,filename=" + disk.image(),
                "--blockdev", "driver=qcow2,node-name=disk,file=file",
                "--object", "iothread,id=io0",
                "--chardev", "socket,id=qmp,path=" + qmpSocket + ",server=on,wait=off",
                "--monitor", "chardev=qmp")) {
            jcmd(daemon, "JFR.start", "name=bp", "settings="
                    + BuiltBundle.root().resolve("config/backplane.jfc"));
            try (Qmp qmp = Qmp.connect(qmpSocket)) {
                qmp.execute("{'execute':'block-export-add','arguments':{'type':'vhost-user-blk',"
                        + "'id':'vda','node-name':'disk','writable':true,'iothread':'io0',"
                        + "'addr':{'type':'unix','path':'" + socket + "'}}}");
                Command verify = Command.backplane("guest", "--socket", socket.toString(),
                        "verify", "--time", "0.2");
                assertEquals(0, verify.exitCode(), verify.out() + verify.err());
                qmp.execute("{'execute':'block-export-del','arguments':{'id':'vda'}}");
            }
            jcmd(daemon, "JFR.dump", "name=bp", "filename=" + file);
            assertEquals(0, daemon.stop());
        }
        check(RecordingFile.readAllEvents(file));
        Command print = Command.run(Path.of(System.getProperty("java.home"), "bin/jfr").toString(),
                "print", "--events", "backplane.*", file.toString());
        assertEquals(0, print.exitCode(), print.err());
        assertTrue(print.out().contains("backplane.Request {"), "nothing printed");
    }

    private static void jcmd(Daemon daemon, String... words) throws Exception {
        String[] command = new String[words.length + 2];
        command[0] = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
        command[1] = Long.toString(daemon.pid());
        System.arraycopy(words, 0, command, 2, words.length);
        Command done = Command.run(command);
        assertEquals(0, done.exitCode(), done.out() + done.err());
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        List<RecordedEvent> found = events.stream()
                .filter(e -> e.getEventType().getName().equals("backplane." + name)).toList();
        assertFalse(found.isEmpty(), "no event " + name);
        return found;
    }

    private static void check(List<RecordedEvent> events) {
        assertTrue(named(events, "LoopTurn").stream()
                .anyMatch(e -> e.getString("context").equals("io0") && e.getInt("events") > 0));
        assertTrue(named(events, "ContextMove").stream()
                .anyMatch(e -> "io0".equals(e.getString("to"))));
        assertTrue(named(events, "DrainedSection").stream()
                .anyMatch(e -> e.getString("nodes").contains("disk")));
        Map<Long, List<RecordedEvent>> requests = named(events, "Request").stream()
                .collect(Collectors.groupingBy(e -> e.getLong("requestId")));
        Set<Long> suspended = named(events, "CoroutineSuspension").stream()
                .map(e -> e.getLong("requestId")).collect(Collectors.toSet());
        long joined = requests.entrySet().stream().filter(e -> suspended.contains(e.getKey())
                && storeys(e.getValue()).containsAll(Set.of("device", "backend vda", "node disk",
                        "node file"))).count();
        assertTrue(joined > 0, () -> "no request was seen in all storeys: " + requests.values()
                .stream().limit(5).map(FlightRecordingTest::storeys).toList());
    }

    /** Such as {@code node disk}; the device goes by what it is alone. */
    private static Set<String> storeys(List<RecordedEvent> of) {
        return of.stream().map(e -> e.getString("storey").equals("device") ? "device"
                : e.getString("storey") + " " + e.getString("target"))
                .collect(Collectors.toSet());
    }
}
