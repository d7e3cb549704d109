package io.backplane.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.rules.Rule;
import io.backplane.schema.Json;
import io.backplane.schema.Option;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rules of commands in execution; "hang" is a command that suspends until it is let go. */
@Timeout(30)
class CommandRulesTest {
    private static final String EMPTY = "{\"return\": {}}";

    private final MonitorFixture fixture = new MonitorFixture();
    private final AioWait wait = new AioWait(null);
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final List<String> order = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean letGo;
    private Path path;

    @BeforeEach
    void listen(@TempDir Path folder) throws Exception {
        path = fixture.listen(folder, "");
        fixture.add("hang", null, null, false, _ -> {
            assertTrue(AioContext.current().isMain());
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            order.add("begin");
            wait.awaitWhile(() -> !letGo);
            order.add("end");
            running.decrementAndGet();
            return null;
        });
        fixture.add("context", null, null, false, _ -> {
            order.add(AioContext.current().name());
            return null;
        });
    }

    @AfterEach
    void close() throws Exception {
        release();
        fixture.close();
    }

    private void release() {
        letGo = true;
        wait.kick();
    }

    private void awaitRunning() throws InterruptedException {
        while (running.get() == 0) {
            Thread.sleep(1);
        }
    }

    @Test
    @Rule("M4")
    void aSessionExecutesOneCommandAtATimeInOrder() throws Exception {
        try (QmpClient client = QmpClient.negotiated(path)) {
            client.send("{\"execute\":\"hang\",\"id\":1}{\"execute\":\"hang\",\"id\":2}"
                    + "{\"execute\":\"context\",\"id\":3}");
            awaitRunning();
            assertEquals(List.of("begin"), order);
            release();
            for (int i = 1; i <= 3; i++) {
                assertEquals("{\"return\": {}, \"id\": " + i + "}", client.line());
            }
            assertEquals(List.of("begin", "end", "begin", "end", "main"), order);
        }
    }

    @Test
    @Rule({"E9", "M4"})
    void aCommandNeverStartsWhileAnotherMonitorsCommandWaits(@TempDir Path other)
            throws Exception {
        fixture.inMain(() -> {
            fixture.server.awaitChardev("socket,id=d,path=" + other.resolve("s")
                    + ",server=on,wait=off");
            fixture.server.addMonitor("d");
            return null;
        });
        try (QmpClient one = QmpClient.negotiated(path);
                QmpClient two = QmpClient.negotiated(other.resolve("s"))) {
            one.send("{\"execute\":\"hang\"}");
            awaitRunning();
            two.send("{\"execute\":\"hang\"}");
            fixture.inMain(() -> null);
            fixture.inMain(() -> null);
            assertEquals(1, running.get());
            release();
            assertEquals(EMPTY, one.line());
            assertEquals(EMPTY, two.line());
            assertEquals(1, most.get());
        }
    }

    @Test
    @Rule(value = "E9", bug = "the commands of two monitors have a lane each")
    void inALaneOfItsOwnACommandStartsInsideAnothersWait() throws Exception {
        try (QmpClient one = QmpClient.negotiated(path)) {
            one.send("{\"execute\":\"hang\"}");
            awaitRunning();
            fixture.main.spawn(() -> {
                try {
                    fixture.dispatcher.awaitExecute("hang", (Map<String, ?>) null,
                            QmpSession.operator("another monitor"));
                } catch (QmpException e) {
                    throw new AssertionError(e);
                }
            });
            fixture.inMain(() -> null);
            fixture.inMain(() -> null);
            assertEquals(2, running.get(), "what the test of one lane looks at sees it");
            release();
            assertEquals(EMPTY, one.line());
        }
    }

    @Test
    @Rule("E9")
    void aWaitingCommandLetsTheLoopGoOn() throws Exception {
        try (QmpClient client = QmpClient.negotiated(path)) {
            client.send("{\"execute\":\"hang\"}");
            awaitRunning();
            CountDownLatch ran = new CountDownLatch(3);
            fixture.main.schedule(() -> {
                ran.countDown();
                fixture.main.schedule(() -> {
                    ran.countDown();
                    fixture.main.spawn(ran::countDown);
                });
            });
            assertTrue(ran.await(10, TimeUnit.SECONDS));
            assertEquals(1, running.get());
        }
    }

    @Test
    @Rule("M6")
    void commandsRunInMainOnly() throws Exception {
        try (QmpClient client = QmpClient.negotiated(path)) {
            assertEquals(EMPTY, client.ask("{\"execute\":\"context\"}"));
            assertEquals(List.of("main"), order);
        }
    }

    @Test
    @Rule("M7")
    void anOutOfBandCommandIsAnsweredWhileAnotherHangs() throws Exception {
        try (QmpClient client = new QmpClient(path)) {
            client.line();
            client.ask("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}");
            client.send("{\"execute\":\"hang\",\"id\":1}");
            awaitRunning();
            assertEquals("{\"return\": {}, \"id\": 2}",
                    client.ask("{\"exec-oob\":\"ping\",\"id\":2}"));
            assertEquals("{\"error\": {\"class\": \"GenericError\", \"desc\": "
                    + "\"The command hang does not support OOB\"}}",
                    client.ask("{\"exec-oob\":\"hang\"}"));
            release();
            assertEquals("{\"return\": {}, \"id\": 1}", client.line());
        }
    }

    @Test
    @Rule("M8")
    void shellAndMonitorDoNotWaitForEachOther() throws Exception {
        try (QmpClient client = QmpClient.negotiated(path)) {
            client.send("{\"execute\":\"hang\"}");
            awaitRunning();
            assertEquals(Map.of(), fixture.inMain(() -> fixture.dispatcher.awaitExecute("ping",
                    (Map<String, ?>) null, QmpSession.operator("shell"))));
            release();
            assertEquals(EMPTY, client.line());
        }
    }

    @Test
    @Rule("M10")
    void commandsDuringShutdownAreRefused() throws Exception {
        try (QmpClient client = QmpClient.negotiated(path)) {
            client.send("{\"execute\":\"hang\",\"id\":1}{\"execute\":\"ping\",\"id\":2}");
            awaitRunning();
            fixture.dispatcher.refuse("the daemon is shutting down");
            release();
            assertEquals("{\"return\": {}, \"id\": 1}", client.line());
            assertEquals("{\"error\": {\"class\": \"GenericError\", \"desc\": "
                    + "\"the daemon is shutting down\"}, \"id\": 2}", client.line());
        }
    }

    @Test
    void aClientThatLeavesLetsItsCommandFinish() throws Exception {
        QmpClient gone = QmpClient.negotiated(path);
        gone.send("{\"execute\":\"hang\"}");
        awaitRunning();
        gone.close();
        release();
        try (QmpClient next = QmpClient.negotiated(path)) {
            assertEquals(EMPTY, next.ask("{\"execute\":\"ping\"}"));
            assertEquals(List.of("begin", "end"), order);
        }
    }

    record Trouble(@Option("device") String device, @Option("count") int count) {
    }

    @Test
    void eventsCarryTheWallClock() throws Exception {
        try (QmpClient client = QmpClient.negotiated(path)) {
            fixture.events.emit(QmpEventType.of("TROUBLE", Trouble.class), new Trouble("d", 1));
            assertEquals("{\"timestamp\": {\"seconds\": 1700000000, \"microseconds\": 123456}, "
                    + "\"event\": \"TROUBLE\", \"data\": {\"device\": \"d\", \"count\": 1}}",
                    client.line());
            fixture.events.emit(QmpEventType.of("STOP", null), null);
            assertTrue(client.line().endsWith("\"event\": \"STOP\"}"));
        }
    }

    @Test
    @Rule("M11")
    void aFloodOfEventsIsLimitedByKindAndKey() throws Exception {
        QmpEventType type = new QmpEventType("TROUBLE", Trouble.class, 200_000_000L,
                data -> ((Trouble) data).device());
        try (QmpClient client = QmpClient.negotiated(path)) {
            fixture.inMain(() -> {
                for (int i = 1; i <= 100_000; i++) {
                    fixture.events.emit(type, new Trouble("a", i));
                }
                fixture.events.emit(type, new Trouble("b", 1));
                return null;
            });
            List<Object> data = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                data.add(Json.parseObject(client.line()).get("data"));
            }
            assertEquals(List.of(Map.of("device", "a", "count", 1L),
                    Map.of("device", "b", "count", 1L),
                    Map.of("device", "a", "count", 100_000L)), data);
        }
    }
}
