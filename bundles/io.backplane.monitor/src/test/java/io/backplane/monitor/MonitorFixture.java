package io.backplane.monitor;

import io.backplane.aio.AioContext;
import io.backplane.aio.PollerFactory;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.loop.Loops;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A QMP server on a real loop, with commands to test with. */
final class MonitorFixture {
    static final Instant NOW = Instant.ofEpochSecond(1700000000L, 123456789);

    /** A step that may fail. */
    @FunctionalInterface
    interface Step<T> {
        T run() throws Exception;
    }

    record EchoArguments(@Option("text") String text,
            @Option(value = "count", optional = true) int count) {
    }

    record EchoResult(@Option("text") String text) {
    }

    final Loops loops;
    final AioContext main;
    final Dispatcher dispatcher = new Dispatcher();
    final EventHub events;
    final MonitorServer server;

    MonitorFixture() {
        this(new EpollPollerFactory());
    }

    MonitorFixture(PollerFactory poller) {
        loops = new Loops(List.of(poller)).startMain();
        main = loops.main();
        events = new EventHub(main, () -> NOW);
        server = new MonitorServer(main, dispatcher, events);
        add("echo", EchoArguments.class, TypeRef.of(EchoResult.class), false,
                arguments -> new EchoResult(((EchoArguments) arguments).text()));
        add("ping", null, null, true, _ -> null);
    }

    void add(String name, Class<? extends Record> arguments, TypeRef result, boolean oob,
            Function<Record, Object> body) {
        dispatcher.add(new QmpCommand() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Class<? extends Record> arguments() {
                return arguments;
            }

            @Override
            public TypeRef result() {
                return result;
            }

            @Override
            public boolean allowsOob() {
                return oob;
            }

            @Override
            public Object awaitExecute(Record given, QmpSession session) throws QmpException {
                return body.apply(given);
            }

            @Override
            public Object executeOob(Record given, QmpSession session) throws QmpException {
                return body.apply(given);
            }
        });
    }

    /** Runs a step in a coroutine of main and waits for it. */
    <T> T inMain(Step<T> step) throws Exception {
        CompletableFuture<T> done = new CompletableFuture<>();
        main.spawn(() -> {
            try {
                done.complete(step.run());
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        try {
            return done.get(10, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /** A monitor on a unix socket in {@code folder}; returns its path. */
    Path listen(Path folder, String monitorOptions) throws Exception {
        Path path = folder.resolve("qmp.sock");
        inMain(() -> {
            server.awaitChardev("socket,id=c,path=" + path + ",server=on,wait=off");
            server.addMonitor("chardev=c" + monitorOptions);
            return null;
        });
        return path;
    }

    void close() throws Exception {
        inMain(() -> {
            events.close();
            server.close();
            return null;
        });
        loops.close();
    }
}
