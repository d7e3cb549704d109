package io.backplane.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import io.backplane.aio.FdHandler;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SimWorldTest {
    private static final int SEEDS = 200;

    /** Three tasks note in which order they run. */
    private static List<String> run(long seed, List<String> trace) {
        SimWorld world = new SimWorld(new RandomChoices(seed), trace);
        List<String> order = new ArrayList<>();
        world.run(() -> {
            SimContext io = world.ioThread("io");
            for (int i = 0; i < 3; i++) {
                String name = "task" + i;
                world.go(i == 0 ? world.main() : io, name, () -> {
                    order.add(name + "a");
                    Coroutine.awaitMoveTo(io);
                    order.add(name + "b");
                });
            }
        });
        return order;
    }

    @Test
    void theSameSeedGivesTheSameRunAndOthersDiffer() {
        Set<List<String>> orders = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            List<String> trace = new ArrayList<>();
            List<String> again = new ArrayList<>();
            List<String> order = run(seed, trace);
            assertEquals(order, run(seed, again));
            assertEquals(trace, again);
            orders.add(order);
        }
        assertTrue(orders.size() > 5, orders.toString());
    }

    @Test
    void callbacksOfOneContextKeepTheirOrder() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimWorld world = new SimWorld(new RandomChoices(seed));
            List<Integer> order = new ArrayList<>();
            world.run(() -> {
                AioContext io = world.ioThread("io");
                for (int i = 0; i < 5; i++) {
                    int number = i;
                    io.schedule(() -> order.add(number));
                }
            });
            assertEquals(List.of(0, 1, 2, 3, 4), order);
        }
    }

    @Test
    void bottomHalfScheduledManyTimesRunsOnce() {
        SimWorld world = new SimWorld(new RandomChoices(1));
        int[] runs = new int[1];
        world.run(() -> {
            BottomHalf half = world.main().newBottomHalf("half", () -> runs[0]++);
            half.schedule();
            half.schedule();
            Coroutine.awaitYield();
            assertEquals(1, runs[0]);
            half.schedule();
            half.cancel();
            Coroutine.awaitYield();
            half.schedule();
            half.close();
        });
        assertEquals(1, runs[0]);
    }

    @Test
    void timeGoesToTheNextDeadlineOnly() {
        SimWorld world = new SimWorld(new RandomChoices(1));
        List<Long> fired = new ArrayList<>();
        world.run(() -> {
            Coroutine self = Coroutine.current();
            AioTimer late = world.main().newTimer("late", () -> {
                fired.add(world.nowNs());
                self.wake();
            });
            AioTimer early = world.main().newTimer("early", () -> fired.add(world.nowNs()));
            AioTimer never = world.main().newTimer("never", () -> fired.add(-1L));
            late.armAt(2_000_000);
            early.armAt(1_000_000);
            never.armAt(500);
            never.disarm();
            Coroutine.suspend();
        });
        assertEquals(List.of(1_000_000L, 2_000_000L), fired);
    }

    @Test
    void deadlockIsToldWithWhoWaitsWhere() {
        SimWorld world = new SimWorld(new RandomChoices(1));
        SimFailure failure = assertThrows(SimFailure.class, () -> world.run(() -> {
            CoMutex mutex = new CoMutex();
            CoMutex.Held held = mutex.awaitLock();
            world.go(world.main(), "second", mutex::awaitLock).await();
            held.close();
        }));
        assertTrue(failure.getMessage().startsWith("deadlock"), failure.getMessage());
        assertTrue(failure.getMessage().contains("main, second"), failure.getMessage());
        assertTrue(failure.getMessage().contains("CoMutex.awaitLock"), failure.getMessage());
    }

    @Test
    void livelockEndsAtTheLimitOfSteps() {
        SimWorld world = new SimWorld(new RandomChoices(1));
        world.limitSteps(500);
        SimFailure failure = assertThrows(SimFailure.class, () -> world.run(() -> {
            while (world.nowNs() == 0) {
                Coroutine.awaitYield();
            }
        }));
        assertTrue(failure.getMessage().startsWith("livelock"), failure.getMessage());
    }

    @Test
    void whatATaskThrowsFailsTheRun() {
        SimWorld world = new SimWorld(new RandomChoices(1));
        IllegalStateException thrown = new IllegalStateException("x");
        SimFailure failure = assertThrows(SimFailure.class, () -> world.run(() -> {
            throw thrown;
        }));
        assertSame(thrown, failure.getCause());
    }

    @Test
    void notifierGivesOneNoticeForASignalBeforeTheWatchAndNoneAfterItsEnd() {
        SimWorld world = new SimWorld(new RandomChoices(1));
        int[] notices = new int[1];
        world.run(() -> {
            SimNotifier notifier = new SimNotifier();
            notifier.set();
            notifier.set();
            FdHandler watch = world.main().watch(notifier, "n", () -> notices[0]++, null);
            Coroutine.awaitYield();
            Coroutine.awaitYield();
            Coroutine.awaitYield();
            watch.close();
            notifier.set();
            assertEquals(0, world.main().watchCount());
            notifier.close();
        });
        assertEquals(1, notices[0]);
    }

    @Test
    void preemptionChangesThreadsInTheMiddleOfCode() {
        Set<String> results = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            SimWorld world = new SimWorld(new RandomChoices(seed));
            int[] counter = new int[1];
            world.run(() -> {
                for (int i = 0; i < 2; i++) {
                    world.thread("t" + i, () -> {
                        int read = counter[0];
                        Preemption.point();
                        counter[0] = read + 1;
                    });
                }
            });
            results.add("" + counter[0]);
        }
        assertEquals(Set.of("1", "2"), results);
    }

    @Test
    void preemptedContextDoesNothingElseMeanwhile() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimWorld world = new SimWorld(new RandomChoices(seed));
            world.run(() -> {
                SimContext io = world.ioThread("io");
                int[] inside = new int[1];
                for (int i = 0; i < 3; i++) {
                    boolean callback = i == 0;
                    Runnable body = () -> {
                        assertEquals(1, ++inside[0]);
                        Preemption.point();
                        Preemption.point();
                        assertEquals(0, --inside[0]);
                    };
                    if (callback) {
                        io.schedule(body);
                    } else {
                        world.go(io, "co" + i, body::run);
                    }
                }
            });
        }
    }

    @Test
    void listedChoicesWalkThroughAllOrders() {
        Set<List<String>> orders = new HashSet<>();
        int[] list = new int[0];
        int runs = 0;
        while (list != null) {
            ListedChoices choices = new ListedChoices(list, 30);
            SimWorld world = new SimWorld(choices);
            List<String> order = new ArrayList<>();
            world.run(() -> {
                for (String name : List.of("a", "b", "c")) {
                    world.thread(name, () -> order.add(name));
                }
            });
            orders.add(order);
            list = choices.successor();
            runs++;
        }
        assertEquals(6, orders.size());
        assertTrue(runs < 1000, "runs " + runs);
    }

    @Test
    void worldIsLeftWhenTheRunEnds() {
        SimWorld world = new SimWorld(new PriorityChoices(1, 10, 2));
        world.run(() -> assertSame(world, Preemption.world()));
        assertNull(Preemption.world());
        assertNotEquals(0, world.steps());
        assertFalse(world.points() < 0);
    }
}
