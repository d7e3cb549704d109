package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.Coroutine;
import io.backplane.aio.FdHandler;
import io.backplane.aio.PollingOptions;
import io.backplane.aio.RunnerLoop;
import io.backplane.hostio.posix.EventFd;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.rules.Rule;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handlers that want to wait: nothing is entered twice, nothing grows. */
class ReentryTest {
    private static final int ROUNDS = 2000;

    private static int depth() {
        return StackWalker.getInstance().walk(frames -> (int) frames.count());
    }

    /** A handler that does everything in its power to be entered again while it runs. */
    private static final class Nested {
        private final AioContext home;
        private final EventFd event;
        private final boolean[] work = {true};
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private final AioWait wait;
        private boolean inside;
        private int ran;
        private int deepest;
        private int first;

        Nested(AioContext home, EventFd event) {
            this.home = home;
            this.event = event;
            wait = new AioWait(home);
        }

        void handle() {
            try {
                assertTrue(!inside, "entered again");
                inside = true;
                ran++;
                int now = depth();
                first = first == 0 ? now : first;
                deepest = Math.max(deepest, now);
                pump();
                inside = false;
                work[0] = ran < ROUNDS;
                if (!work[0]) {
                    done.complete(null);
                }
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        }

        private void pump() {
            event.set(); // it is due once more
            assertThrows(IllegalStateException.class, Coroutine::suspend);
            assertThrows(IllegalStateException.class, Coroutine::awaitYield);
            assertThrows(IllegalStateException.class, () -> wait.awaitWhile(() -> ran < ROUNDS));
            home.schedule(() -> assertTrue(!inside, "a callback inside a handler"));
            int me = ran;
            home.spawn(() -> { // who waits is a coroutine, and the handler returns meanwhile
                wait.awaitWhile(() -> ran <= me && ran < ROUNDS);
                assertTrue(!inside, "a coroutine inside a handler");
            });
            wait.kick();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    @Rule("E8")
    void aHandlerThatWantsToWaitIsNeverEnteredAgain(String mechanism) throws Exception {
        OnLoops.outside(OnLoops.factory(mechanism), loops -> {
            try (EventFd event = EventFd.create()) {
                Nested nested = new Nested(loops.main(), event);
                FdHandler[] handler = new FdHandler[1];
                OnLoops.call(loops, () -> handler[0] = loops.main().watch(event, "nested",
                        () -> {
                            if (nested.work[0]) {
                                nested.handle();
                            }
                        }, null));
                event.set();
                OnLoops.await(loops, nested.done);
                assertEquals(nested.first, nested.deepest, "the stack grows");
                OnLoops.call(loops, handler[0]::close);
            }
        });
    }

    /** Runs a step on the thread of a loop that polls although processors are scarce. */
    private static void onPollingLoop(java.util.function.Consumer<EventLoop> step,
            CompletableFuture<Void> until) throws Exception {
        EventLoop loop = new EventLoop("main", true, new PollingOptions(20_000_000, 0, 0),
                () -> true, System::nanoTime);
        Thread thread = new Thread(() -> {
            loop.open(List.of(new EpollPollerFactory()));
            loop.run();
        });
        thread.start();
        loop.schedule(() -> step.accept(loop));
        try {
            until.get(20, TimeUnit.SECONDS);
        } catch (CompletionException e) {
            throw new AssertionError(e.getCause());
        } finally {
            loop.requestStop();
            thread.join();
        }
    }

    @Test
    @Rule("E8")
    void aHandlerFoundByPollingIsNeverEnteredAgain() throws Exception {
        try (EventFd event = EventFd.create()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            Nested[] nested = new Nested[1];
            onPollingLoop(loop -> {
                nested[0] = new Nested(loop, event);
                nested[0].done.whenComplete((v, e) -> {
                    if (e == null) {
                        done.complete(null);
                    } else {
                        done.completeExceptionally(e);
                    }
                });
                loop.watch(event, "nested", () -> {
                    if (nested[0].work[0]) {
                        nested[0].handle();
                    }
                }, () -> nested[0].work[0]);
            }, done);
            assertEquals(ROUNDS, nested[0].ran);
        }
    }

    @Test
    @Rule("D8")
    void aHandlerClosedByAnotherIsNotCalledByTheSamePoll() throws Exception {
        try (EventFd event = EventFd.create(); EventFd other = EventFd.create()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            FdHandler[] second = new FdHandler[1];
            onPollingLoop(loop -> {
                loop.watch(event, "first", () -> {
                    if (second[0] != null) {
                        second[0].close();
                        second[0] = null;
                        loop.schedule(() -> done.complete(null));
                    }
                }, () -> second[0] != null);
                second[0] = loop.watch(other, "second", () -> done.completeExceptionally(
                        new AssertionError("called after close")), () -> true);
            }, done);
        }
    }

    @Test
    @Rule("E8")
    void itemsThatSuspendDoNotNestTheirRunners() throws Exception {
        OnLoops.run("nio", loops -> {
            int[] taken = new int[1];
            int[] running = new int[1];
            int[] ended = new int[1];
            int[] deepest = new int[1];
            int[] first = new int[1];
            Coroutine[] waiting = new Coroutine[1];
            RunnerLoop[] runner = new RunnerLoop[1];
            runner[0] = new RunnerLoop(loops.main(), () -> {
                assertEquals(0, running[0], "two take items at a time");
                if (taken[0] == ROUNDS) {
                    return false;
                }
                running[0]++;
                taken[0]++;
                int now = depth();
                first[0] = first[0] == 0 ? now : first[0];
                deepest[0] = Math.max(deepest[0], now);
                Coroutine before = waiting[0];
                waiting[0] = Coroutine.current();
                if (before != null) {
                    before.wake(); // resumes beside us, not inside us
                }
                runner[0].kick();
                running[0]--;
                if (taken[0] < ROUNDS) {
                    Coroutine.suspend();
                } else {
                    waiting[0] = null;
                }
                ended[0]++;
                return true;
            });
            runner[0].kick();
            for (int i = 0; i < 10 * ROUNDS && ended[0] < ROUNDS; i++) {
                Coroutine.awaitYield();
            }
            assertEquals(ROUNDS, ended[0]);
            assertEquals(first[0], deepest[0], "the stack grows");
        });
    }
}
