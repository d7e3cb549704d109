package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.hostio.posix.EventFd;
import io.backplane.hostio.posix.UnixSocket;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WatchTest {
    @TempDir
    Path dir;

    private final Arena arena = Arena.ofAuto();

    /** Suspends until {@code condition} holds, looking again each millisecond at most. */
    private static void awaitTrue(Loops loops, java.util.function.BooleanSupplier condition) {
        Coroutine self = Coroutine.current();
        for (int i = 0; i < 10_000 && !condition.getAsBoolean(); i++) {
            loops.main().newTimer("look", self::wake).armAt(loops.main().nowNs() + 1_000_000);
            Coroutine.suspend();
        }
        assertTrue(condition.getAsBoolean(), loops::describe);
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void everySignalAfterANoticeIsNoticed(String mechanism) throws Exception {
        try (EventFd event = EventFd.create()) {
            OnLoops.outside(OnLoops.factory(mechanism), loops -> {
                int[] notices = new int[1];
                CompletableFuture<?>[] next = {new CompletableFuture<>()};
                event.set(); // before the watch: reported by it
                FdHandler[] handler = new FdHandler[1];
                OnLoops.call(loops, () -> handler[0] = loops.main().watch(event, "kick", () -> {
                    notices[0]++;
                    next[0].complete(null);
                }, null));
                for (int i = 0; i < 2000; i++) {
                    OnLoops.await(loops, next[0]);
                    next[0] = new CompletableFuture<>();
                    event.set();
                }
                OnLoops.await(loops, next[0]);
                OnLoops.call(loops, () -> {
                    handler[0].close();
                    handler[0].close();
                    int before = notices[0];
                    event.set();
                    Coroutine.awaitYield();
                    Coroutine.awaitYield();
                    assertEquals(before, notices[0]);
                });
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void socketReportsReadableWritableAndItsEnd(String mechanism) throws Exception {
        OnLoops.run(mechanism, loops -> {
            UnixSocket[] pair = UnixSocket.pair();
            MemorySegment data = arena.allocate(65536);
            long[] received = new long[1];
            int[] writable = new int[1];
            boolean[] ended = new boolean[1];
            AioContext main = loops.main();
            FdHandler reader = main.watch(pair[1].fd(), "reader", () -> {
                try {
                    long n;
                    while ((n = pair[1].receive(data, 0, 1000)) > 0) {
                        received[0] += n;
                    }
                    ended[0] |= n == 0;
                } catch (HostIoException e) {
                    throw new IllegalStateException(e);
                }
            }, null);
            FdHandler writer = main.watch(pair[0].fd(), "writer", () -> { },
                    () -> writable[0]++);
            awaitTrue(loops, () -> writable[0] > 0);
            writer.watchWritable(false);
            Coroutine.awaitYield();
            int before = writable[0];
            long sent = 0;
            long n;
            MemorySegment source = arena.allocate(65536);
            while ((n = pair[0].send(source, 0, 65536, null)) != UnixSocket.WOULD_BLOCK) {
                sent += n;
            }
            long all = sent;
            awaitTrue(loops, () -> received[0] == all);
            assertEquals(before, writable[0]);
            writer.watchWritable(true);
            awaitTrue(loops, () -> writable[0] > before);
            writer.close();
            pair[0].close();
            awaitTrue(loops, () -> ended[0]);
            reader.close();
            pair[1].close();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void handlerClosedByAnotherOfTheSamePollDoesNotRun(String mechanism) throws Exception {
        OnLoops.run(mechanism, loops -> {
            FdHandler[] handlers = new FdHandler[8];
            EventFd[] events = new EventFd[8];
            int[] ran = new int[1];
            for (int i = 0; i < 8; i++) {
                events[i] = EventFd.create();
                handlers[i] = loops.main().watch(events[i], "e" + i, () -> {
                    ran[0]++;
                    for (int k = 0; k < 8; k++) {
                        handlers[k].close();
                    }
                }, null);
            }
            for (EventFd event : events) {
                event.set();
            }
            awaitTrue(loops, () -> ran[0] > 0);
            for (EventFd event : events) {
                event.close();
            }
            EventFd reused = EventFd.create();
            FdHandler handler = loops.main().watch(reused, "again", () -> ran[0] += 100, null);
            reused.set();
            awaitTrue(loops, () -> ran[0] == 101);
            handler.close();
            reused.close();
        });
    }

    @Test
    void floodOfEventsLosesNone() throws Exception {
        OnLoops.run("io_uring", loops -> {
            int count = 300;
            EventFd[] events = new EventFd[count];
            FdHandler[] handlers = new FdHandler[count];
            int[] ran = new int[count];
            for (int i = 0; i < count; i++) {
                int n = i;
                events[i] = EventFd.create();
                handlers[i] = loops.main().watch(events[i], "e", () -> ran[n]++, null);
            }
            for (int k = 0; k < 50; k++) { // more completions than the queue holds
                for (EventFd event : events) {
                    event.set();
                }
            }
            awaitTrue(loops, () -> java.util.Arrays.stream(ran).allMatch(r -> r > 0));
            int[] before = ran.clone();
            for (EventFd event : events) {
                event.set();
            }
            awaitTrue(loops, () -> {
                for (int i = 0; i < count; i++) {
                    if (ran[i] == before[i]) {
                        return false;
                    }
                }
                return true;
            });
            for (int i = 0; i < count; i++) {
                handlers[i].close();
                events[i].close();
            }
        });
    }

    @Test
    @Rule("E15")
    void handlersAndRequestsSurviveAChangeOfMechanism() throws Exception {
        OnLoops.run("epoll", loops -> {
            EventFd event = EventFd.create();
            int[] ran = new int[1];
            int[] written = new int[1];
            FdHandler handler = loops.main().watch(event, "kick", () -> ran[0]++, null);
            IoVector iov = IoVector.of(arena.allocate(4096, 4096));
            try (HostFile file = OnLoops.engine("io_uring").awaitOpen(
                    dir.resolve("f").toString(), new OpenFlags(true, false, true, false))) {
                for (int i = 0; i < 20; i++) {
                    String next = i % 2 == 0 ? "io_uring" : "epoll";
                    loops.main().spawn(() -> {
                        try {
                            file.pwritev(iov, 0, 4096, 0, true);
                        } catch (HostIoException e) {
                            throw new IllegalStateException(e);
                        }
                        written[0]++;
                    });
                    Coroutine.awaitYield();
                    ran[0] = 0;
                    event.set();
                    loops.prefer(List.of(OnLoops.factory(next)));
                    awaitTrue(loops, () -> loops.main().poller().mechanism().equals(next));
                    awaitTrue(loops, () -> ran[0] > 0);
                    int before = ran[0];
                    event.set();
                    awaitTrue(loops, () -> ran[0] > before);
                    file.flush();
                }
                awaitTrue(loops, () -> written[0] == 20);
            }
            handler.close();
            event.close();
        });
    }

    @Test
    void pollableNotifierIsServedWithoutASignal() throws Exception {
        OnLoops.run("io_uring", loops -> {
            var io = loops.awaitCreate("io0",
                    new io.backplane.aio.PollingOptions(20_000_000, 0, 0));
            EventFd event = EventFd.create();
            boolean[] work = new boolean[1];
            int[] served = new int[1];
            Coroutine.awaitMoveTo(io.context());
            FdHandler handler = io.context().watch(event, "queue", () -> {
                work[0] = false;
                served[0]++;
            }, () -> work[0]);
            work[0] = true;
            event.set(); // on a host without a spare processor the loop does not spin
            for (int i = 0; i < 1000 && served[0] == 0; i++) {
                Coroutine self = Coroutine.current();
                io.context().newTimer("look", self::wake)
                        .armAt(io.context().nowNs() + 1_000_000);
                Coroutine.suspend();
            }
            assertTrue(served[0] > 0);
            handler.close();
            Coroutine.awaitMoveTo(loops.main());
            event.close();
            io.awaitStop();
        });
    }

    /** Registers handlers from inside the change: while the new poller opens, the old one closes. */
    private static final class Changing implements PollerFactory {
        private final PollerFactory real;
        private Runnable whileOpening = () -> { };
        private Runnable whileClosing = () -> { };

        Changing(String mechanism) {
            real = OnLoops.factory(mechanism);
        }

        @Override
        public String mechanism() {
            return real.mechanism();
        }

        @Override
        public Poller open() throws java.io.IOException {
            whileOpening.run();
            Poller poller = real.open();
            return (Poller) java.lang.reflect.Proxy.newProxyInstance(getClass().getClassLoader(),
                    new Class<?>[] {Poller.class}, (proxy, method, args) -> {
                        if (method.getName().equals("close")) {
                            whileClosing.run();
                        }
                        return method.invoke(poller, args);
                    });
        }
    }

    @Test
    @Rule("E15")
    void handlersRegisteredDuringTheChangeOfMechanismAreWatched() throws Exception {
        Changing[] factories = {new Changing("epoll"), new Changing("io_uring")};
        OnLoops.run(factories[0], loops -> {
            AioContext main = loops.main();
            for (int i = 1; i <= 20; i++) {
                Changing next = factories[i % 2];
                Changing last = factories[(i + 1) % 2];
                EventFd[] events = new EventFd[4];
                int[] ran = new int[events.length];
                FdHandler[] handlers = new FdHandler[events.length];
                for (int k = 0; k < events.length; k++) {
                    events[k] = EventFd.create();
                }
                java.util.function.IntConsumer watch = k ->
                        handlers[k] = main.watch(events[k], "kick " + k, () -> ran[k]++, null);
                events[1].set(); // signalled before it is watched
                next.whileOpening = () -> {
                    watch.accept(0);
                    watch.accept(1);
                };
                last.whileClosing = () -> watch.accept(2);
                loops.prefer(List.of(next));
                watch.accept(3); // the change is due, but has not begun
                events[3].set();
                awaitTrue(loops, () -> main.poller().mechanism().equals(next.mechanism()));
                next.whileOpening = () -> { };
                last.whileClosing = () -> { };
                awaitTrue(loops, () -> ran[1] > 0 && ran[3] > 0);
                for (int k = 0; k < events.length; k++) {
                    int me = k;
                    int before = ran[k];
                    events[k].set();
                    awaitTrue(loops, () -> ran[me] > before);
                    handlers[k].close();
                    events[k].close();
                }
            }
        });
    }
}
