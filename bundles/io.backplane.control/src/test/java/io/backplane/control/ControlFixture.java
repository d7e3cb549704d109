package io.backplane.control;

import io.backplane.aio.EventLoops;
import io.backplane.block.BlockException;
import io.backplane.boot.StartupOption;
import io.backplane.driver.file.FileDriver;
import io.backplane.driver.file.FileEngines;
import io.backplane.driver.nullco.NullCoDriver;
import io.backplane.driver.qcow2.Qcow2Driver;
import io.backplane.driver.raw.RawDriver;
import io.backplane.graph.Graph;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.hostio.threads.ThreadsFileEngine;
import io.backplane.loop.Loops;
import io.backplane.monitor.Dispatcher;
import io.backplane.monitor.EventHub;
import io.backplane.monitor.MonitorServer;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.qmp.StartupHandler;
import io.backplane.schema.Json;
import java.time.Instant;
import java.util.Collections;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The daemon without OSGi: loops, graph with drivers, dispatcher, commands, a fake export type. */
final class ControlFixture {

    /** A step that may fail. */
    @FunctionalInterface
    interface Step<T> {
        T run() throws Exception;
    }

    /** Short, so that tests see it pass. */
    static final long DRAIN_DEADLINE_NS = 700_000_000;

    final Loops loops = new Loops(List.of(new EpollPollerFactory())).startMain();
    final Graph graph = new Graph(loops.main());
    final Dispatcher dispatcher = new Dispatcher();
    final EventHub events = new EventHub(loops.main(), () -> Instant.ofEpochSecond(1));
    final MonitorServer monitor = new MonitorServer(loops.main(), dispatcher, events);
    final FakeExports exports = new FakeExports();
    final List<Map<String, Object>> seen = Collections.synchronizedList(new ArrayList<>());
    final ThreadsFileEngine engine = new ThreadsFileEngine();
    volatile boolean stopAsked;
    final Control control;

    ControlFixture() {
        graph.addDriver(new FileDriver("file", new FileEngines(engine)));
        graph.addDriver(new RawDriver());
        graph.addDriver(new NullCoDriver());
        graph.addDriver(new Qcow2Driver());
        control = new Control(loops, graph, dispatcher, events, this::handler,
                DRAIN_DEADLINE_NS, () -> stopAsked = true);
        control.exports().add(exports);
        control.commands().forEach(dispatcher::add);
        control.branches().forEach(dispatcher::add);
        Control.eventTypes().forEach(dispatcher::add);
        graph.setJsonFilenames(new JsonFilenameParser(dispatcher.branches()));
        events.listen(seen::add);
    }

    EventLoops loops() {
        return loops;
    }

    private StartupHandler handler(String option) {
        return switch (option) {
            case "chardev" -> handler(option, monitor::awaitChardev);
            case "monitor" -> handler(option, monitor::addMonitor);
            default -> null;
        };
    }

    private interface Handling {
        void awaitExecute(String value) throws QmpException;
    }

    private static StartupHandler handler(String option, Handling handling) {
        return new StartupHandler() {
            @Override
            public String option() {
                return option;
            }

            @Override
            public void awaitExecute(String value) throws QmpException, BlockException {
                handling.awaitExecute(value);
            }
        };
    }

    /** Runs a step in a coroutine of main and waits for it. */
    <T> T inMain(Step<T> step) throws Exception {
        CompletableFuture<T> done = new CompletableFuture<>();
        loops.main().spawn(() -> {
            try {
                done.complete(step.run());
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        try {
            return done.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /** Executes a command given as JSON text; returns the reply's text without id. */
    String ask(String request) throws Exception {
        Map<String, Object> tree = Json.parseObject(request);
        @SuppressWarnings("unchecked")
        Map<String, Object> arguments = (Map<String, Object>) tree.get("arguments");
        return inMain(() -> {
            Map<String, Object> reply = new LinkedHashMap<>();
            try {
                reply.put("return", dispatcher.awaitExecute((String) tree.get("execute"),
                        arguments, QmpSession.operator("test")));
            } catch (QmpException e) {
                Map<String, Object> error = new LinkedHashMap<>();
                error.put("class", e.errorClass().wireName());
                error.put("desc", e.getMessage());
                reply.put("error", error);
            }
            return Json.write(reply);
        });
    }

    /** Executes the command line. */
    String start(StartupOption... options) throws Exception {
        return inMain(() -> control.awaitStart(List.of(options)));
    }

    /** The same as after a restart, at leisure. */
    CompletableFuture<String> startAgain(StartupOption... options) {
        CompletableFuture<String> done = new CompletableFuture<>();
        loops.main().spawn(() -> done.complete(control.awaitStartAgain(List.of(options))));
        return done;
    }

    /** The data of the events called {@code name}, as text. */
    List<String> eventData(String name) {
        synchronized (seen) {
            return seen.stream().filter(e -> e.get("event").equals(name))
                    .map(e -> Json.write(e.get("data"))).toList();
        }
    }

    void close() throws Exception {
        inMain(() -> {
            control.awaitStop(true);
            events.close();
            monitor.close();
            return null;
        });
        graph.close();
        loops.close();
        engine.close();
    }
}
