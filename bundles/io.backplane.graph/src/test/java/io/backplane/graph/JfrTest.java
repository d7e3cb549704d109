package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The JFR events of loop, coroutines and graph in a recording. */
@Timeout(60)
class JfrTest {
    private static final List<String> NAMES = List.of("backplane.LoopTurn",
            "backplane.CoroutineSuspension", "backplane.DrainedSection", "backplane.ContextMove",
            "backplane.Request");

    private static void work() throws Exception {
        Fakes.run(f -> {
            AioContext io = f.on.ioThread("io");
            Node node = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeNode disk = (FakeNode) node.driverNode;
            disk.hold = true;
            var write = f.write(blk, 8192);
            f.until(() -> disk.heldCount() == 1);
            disk.release();
            f.on.await(write);
            try (DrainedSection section = f.graph.awaitDrained(node, "a test")) {
                assertTrue(section != null);
            }
            blk.awaitMoveTo(io);
            blk.awaitClose();
        });
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        return events.stream().filter(e -> e.getEventType().getName().equals(name)).toList();
    }

    @Test
    @Rule("E6")
    void allStoreysOfARequestHaveItsId(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("all.jfr");
        try (Recording recording = new Recording()) {
            NAMES.forEach(name -> recording.enable(name).withoutThreshold());
            recording.start();
            work();
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        for (String name : NAMES) {
            assertFalse(named(events, name).isEmpty(), name);
        }
        List<RecordedEvent> requests = named(events, "backplane.Request").stream()
                .filter(e -> e.getString("verb").equals("write")).toList();
        assertEquals(List.of("backend blk", "node d"), requests.stream()
                .map(e -> e.getString("storey") + " " + e.getString("target")).sorted().toList());
        long id = requests.getFirst().getLong("requestId");
        assertEquals(id, requests.getLast().getLong("requestId"));
        assertEquals(8192, requests.getFirst().getLong("offset"));
        assertTrue(named(events, "backplane.CoroutineSuspension").stream()
                .anyMatch(e -> e.getLong("requestId") == id));
        assertTrue(named(events, "backplane.DrainedSection").stream()
                .anyMatch(e -> e.getString("owner").equals("a test")));
        assertEquals("io", named(events, "backplane.ContextMove").getFirst().getString("to"));
    }

    @Test
    @Rule("E6")
    void nothingIsRecordedUnlessAskedFor(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("none.jfr");
        try (Recording recording = new Recording()) {
            recording.start();
            work();
            recording.stop();
            recording.dump(file);
        }
        assertTrue(RecordingFile.readAllEvents(file).stream()
                .noneMatch(e -> NAMES.contains(e.getEventType().getName())));
    }
}
