package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.Coroutine;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;
import io.backplane.aio.PollingOptions;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventLoopTest {

    /** Calls back at the phase boundaries of a turn; waits by parking. */
    private static final class PhasePoller implements PollerFactory, Poller {
        private final Poller inner = new NioPollerFactory().open();
        private volatile Runnable beforeWait = () -> { };
        private volatile Runnable afterWait = () -> { };
        private volatile boolean waiting;
        private Poller real;

        @Override
        public String mechanism() {
            return "phases";
        }

        @Override
        public Poller open() {
            real = new NioPollerFactory().open(); // for the loop's thread
            return this;
        }

        @Override
        public FdHandler watch(int fd, Runnable readable, Runnable writable) {
            return inner.watch(fd, readable, writable);
        }

        @Override
        public int poll(long timeoutNs) {
            if (timeoutNs == 0) {
                return real.poll(0);
            }
            beforeWait.run();
            waiting = true;
            int ran = real.poll(timeoutNs);
            waiting = false;
            afterWait.run();
            return ran;
        }

        @Override
        public boolean hasWork() {
            return false;
        }

        @Override
        public void wake() {
            real.wake();
        }

        @Override
        public void close() {
            real.close();
        }
    }

    private static void inOtherThread(Runnable action) {
        Thread thread = new Thread(action);
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Rule({"E1", "E2"})
    void whatIsScheduledAtAnyPhaseBoundaryRuns() throws Exception {
        PhasePoller poller = new PhasePoller();
        OnLoops.outside(poller, loops -> {
            for (int round = 0; round < 50; round++) {
                for (String phase : List.of("before", "inside", "after")) {
                    CompletableFuture<Void> ran = new CompletableFuture<>();
                    AtomicInteger reached = new AtomicInteger();
                    Runnable once = () -> {
                        if (reached.getAndIncrement() == 0) {
                            inOtherThread(() -> loops.main().schedule(
                                    () -> ran.complete(null)));
                        }
                    };
                    switch (phase) {
                        case "before" -> poller.beforeWait = once;
                        case "after" -> poller.afterWait = once;
                        default -> {
                            while (!poller.waiting) {
                                Thread.onSpinWait();
                            }
                            inOtherThread(once);
                        }
                    }
                    while (reached.get() == 0) {
                        loops.main().schedule(() -> { }); // another turn, up to the boundary
                        LockSupport.parkNanos(20_000);
                    }
                    OnLoops.await(loops, ran);
                    poller.beforeWait = () -> { };
                    poller.afterWait = () -> { };
                }
            }
        });
    }

    @Test
    @Rule({"E1", "E2"})
    void whatIsScheduledJustBeforeTheLoopPreparesRuns() throws Exception {
        CompletableFuture<Void> ran = new CompletableFuture<>();
        CompletableFuture<EventLoop> made = new CompletableFuture<>();
        AtomicInteger asked = new AtomicInteger();
        // asked after the loop found nothing to do and before it says that it will wait
        EventLoop loop = new EventLoop("main", true, new PollingOptions(1, 0, 0), () -> {
            if (asked.getAndIncrement() == 3) {
                inOtherThread(() -> made.join().schedule(() -> ran.complete(null)));
            }
            return false;
        }, System::nanoTime);
        made.complete(loop);
        Thread thread = new Thread(() -> {
            loop.open(List.of(new NioPollerFactory()));
            loop.run();
        });
        thread.start();
        while (asked.get() < 4) {
            loop.schedule(() -> { });
            LockSupport.parkNanos(50_000);
        }
        ran.get(20, java.util.concurrent.TimeUnit.SECONDS);
        loop.requestStop();
        thread.join();
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll", "nio"})
    @Rule({"E1", "E2"})
    void noWakeIsLostBetweenTwoThreads(String mechanism) throws Exception {
        OnLoops.outside(OnLoops.factory(mechanism), loops -> {
            AtomicInteger ran = new AtomicInteger();
            BottomHalf half = loops.main().newBottomHalf("count", ran::incrementAndGet);
            for (int i = 1; i <= 5000; i++) {
                half.schedule();
                long deadline = System.nanoTime() + 20_000_000_000L;
                while (ran.get() < i) {
                    assertTrue(System.nanoTime() < deadline, loops::describe);
                    if (i % 3 == 0) {
                        LockSupport.parkNanos(1000);
                    }
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "nio"})
    @Rule({"E2", "E5"})
    void bottomHalfThatReschedulesItselfAndIsScheduledByOthersNeverStops(String mechanism)
            throws Exception {
        OnLoops.outside(OnLoops.factory(mechanism), loops -> {
            AtomicInteger runs = new AtomicInteger();
            BottomHalf[] half = new BottomHalf[1];
            half[0] = loops.main().newBottomHalf("again", () -> {
                if (runs.incrementAndGet() % 3 != 0) {
                    half[0].schedule();
                }
            });
            Thread[] workers = new Thread[2];
            for (int w = 0; w < workers.length; w++) {
                workers[w] = new Thread(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        half[0].schedule();
                    }
                });
                workers[w].start();
            }
            for (Thread worker : workers) {
                worker.join();
            }
            CompletableFuture<Void> end = new CompletableFuture<>();
            AtomicInteger seen = new AtomicInteger(-1);
            Runnable settle = new Runnable() {
                @Override
                public void run() {
                    if (seen.getAndSet(runs.get()) == runs.get()) {
                        end.complete(null);
                    } else {
                        loops.main().schedule(this);
                    }
                }
            };
            loops.main().schedule(settle);
            OnLoops.await(loops, end);
            assertEquals(0, runs.get() % 3);
            half[0].schedule();
            loops.main().schedule(settle);
        });
    }

    @Test
    @Rule("E4")
    void bottomHalfScheduledManyTimesRunsOnce() throws Exception {
        OnLoops.run("nio", loops -> {
            AioContext main = loops.main();
            int[] runs = new int[1];
            int[] data = new int[1];
            BottomHalf half = main.newBottomHalf("once", () -> {
                runs[0]++;
                assertEquals(7, data[0]);
            });
            for (int i = 0; i < 10; i++) {
                half.schedule();
            }
            data[0] = 7;
            Coroutine.awaitYield();
            assertEquals(1, runs[0]);
            half.schedule();
            half.cancel();
            Coroutine.awaitYield();
            assertEquals(1, runs[0]);
            half.schedule();
            half.cancel();
            half.schedule();
            Coroutine.awaitYield();
            assertEquals(2, runs[0]);
            half.schedule();
            half.close();
            half.schedule();
            Coroutine.awaitYield();
            assertEquals(2, runs[0]);
        });
    }

    @Test
    @Rule("E4")
    void bottomHalvesMayCloseThemselvesAndEachOther() throws Exception {
        OnLoops.run("nio", loops -> {
            List<BottomHalf> halves = new ArrayList<>();
            int[] runs = new int[1];
            for (int i = 0; i < 20; i++) {
                halves.add(loops.main().newBottomHalf("bh" + i, () -> {
                    runs[0]++;
                    halves.forEach(BottomHalf::close);
                }));
            }
            halves.forEach(BottomHalf::schedule);
            Coroutine.awaitYield();
            halves.forEach(BottomHalf::schedule);
            Coroutine.awaitYield();
            assertEquals(1, runs[0]);
        });
    }

    @Test
    @Rule("E4")
    void callbacksRunInOrderAndAFailingOneHurtsNobody() throws Exception {
        OnLoops.run("nio", loops -> {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < 3000; i++) { // more than one turn takes
                int n = i;
                loops.main().schedule(() -> {
                    order.add(n);
                    if (n == 5) {
                        throw new IllegalStateException("expected by the test");
                    }
                });
            }
            while (order.size() < 3000) {
                Coroutine.awaitYield();
            }
            for (int i = 0; i < 3000; i++) {
                assertEquals(i, order.get(i));
            }
        });
    }

    @Test
    @Rule("E1")
    void timersFireByDeadlineThenByOrderOfArming() throws Exception {
        OnLoops.run("epoll", loops -> {
            AioContext main = loops.main();
            Coroutine self = Coroutine.current();
            List<String> fired = new ArrayList<>();
            long now = main.nowNs();
            AioTimer late = main.newTimer("late", () -> {
                fired.add("late");
                self.wake();
            });
            AioTimer a = main.newTimer("a", () -> fired.add("a"));
            AioTimer b = main.newTimer("b", () -> fired.add("b"));
            AioTimer never = main.newTimer("never", () -> fired.add("never"));
            late.armAt(now + 3_000_000);
            b.armAt(now + 1_000_000);
            a.armAt(now + 1_000_000);
            never.armAt(now + 1_000_000);
            never.close();
            never.armAt(now);
            a.armAt(now - 5);
            b.armAt(now - 5);
            Coroutine.suspend();
            assertEquals(List.of("a", "b", "late"), fired);
            assertTrue(main.nowNs() >= now + 3_000_000);
        });
    }

    @Test
    void manyTimersKeepTheirOrder() throws Exception {
        OnLoops.run("nio", loops -> {
            AioContext main = loops.main();
            long seed = 20260101;
            java.util.Random random = new java.util.Random(seed);
            long base = main.nowNs() + 2_000_000;
            List<Long> fired = new ArrayList<>();
            List<AioTimer> timers = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                long at = base + random.nextInt(1000);
                AioTimer timer = main.newTimer("t", () -> fired.add(at));
                timer.armAt(base + random.nextInt(1000));
                timer.armAt(at);
                timers.add(timer);
            }
            for (int i = 0; i < 500; i += 5) {
                timers.get(i).disarm();
            }
            Coroutine self = Coroutine.current();
            main.newTimer("end", self::wake).armAt(base + 2_000_000);
            Coroutine.suspend();
            assertEquals(400, fired.size(), "seed " + seed);
            for (int i = 1; i < fired.size(); i++) {
                assertTrue(fired.get(i - 1) <= fired.get(i), "seed " + seed);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll", "nio"})
    @Rule({"E1", "E13"})
    void timerArmedByAnotherThreadWakesASleepingLoop(String mechanism) throws Exception {
        OnLoops.outside(OnLoops.factory(mechanism), loops -> {
            for (int i = 0; i < 50; i++) {
                CompletableFuture<Void> fired = new CompletableFuture<>();
                AioTimer far = loops.main().newTimer("far", () -> { });
                far.armAt(loops.main().nowNs() + 3_600_000_000_000L);
                AioTimer timer = loops.main().newTimer("near", () -> fired.complete(null));
                timer.armAt(loops.main().nowNs() + 100_000);
                OnLoops.await(loops, fired);
                far.close();
            }
        });
    }

    @Test
    void timerThatArmsItselfInThePastDoesNotHoldTheLoop() throws Exception {
        int fired = withPeriodicTimers("on", () -> timesFired(AioContext::newPeriodicTimer));
        assertTrue(fired >= 5 && fired < 50, "fired " + fired);
    }

    @Test
    @Rule("E13")
    void noPeriodicTimerFiresWhereTheyAreOff() throws Exception {
        assertEquals(0, withPeriodicTimers("off",
                () -> timesFired(AioContext::newPeriodicTimer)));
    }

    @Test
    @Rule("E13")
    void timerThatArmsItselfAgainMustSayThatItIsPeriodic() throws Exception {
        assertEquals(1, timesFired(AioContext::newTimer));
    }

    private interface NewTimer {
        AioTimer of(AioContext context, String name, Runnable callback);
    }

    private static int timesFired(NewTimer newTimer) throws Exception {
        int[] fired = new int[1];
        OnLoops.run("nio", loops -> {
            AioTimer[] timer = new AioTimer[1];
            timer[0] = newTimer.of(loops.main(), "past", () -> {
                fired[0]++;
                timer[0].armAt(0);
            });
            timer[0].armAt(0);
            for (int i = 0; i < 10; i++) {
                Coroutine.awaitYield();
            }
            timer[0].close();
        });
        return fired[0];
    }

    private static <T> T withPeriodicTimers(String value, java.util.concurrent.Callable<T> body)
            throws Exception {
        String before = System.setProperty(AioContext.PERIODIC_TIMERS, value);
        try {
            return body.call();
        } finally {
            if (before == null) {
                System.clearProperty(AioContext.PERIODIC_TIMERS);
            } else {
                System.setProperty(AioContext.PERIODIC_TIMERS, before);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll", "nio"})
    void idleLoopUsesNoProcessor(String mechanism) throws Exception {
        OnLoops.outside(OnLoops.factory(mechanism), loops -> {
            OnLoops.call(loops, () -> { });
            Thread thread = Thread.getAllStackTraces().keySet().stream()
                    .filter(t -> t.getName().equals("backplane-main")).findFirst().orElseThrow();
            var bean = java.lang.management.ManagementFactory.getThreadMXBean();
            long used = Long.MAX_VALUE;
            for (int i = 0; i < 20 && used >= 15_000_000; i++) { // it may still be settling
                long before = bean.getThreadCpuTime(thread.threadId());
                Thread.sleep(300);
                used = bean.getThreadCpuTime(thread.threadId()) - before;
            }
            assertTrue(used < 15_000_000, "idle loop used " + used + " ns");
        });
    }

    @Test
    @Rule("E6")
    void hungLoopSaysWhereItHangs() throws Exception {
        OnLoops.outside(OnLoops.factory("nio"), loops -> {
            CompletableFuture<Void> inside = new CompletableFuture<>();
            CompletableFuture<Void> release = new CompletableFuture<>();
            loops.main().newBottomHalf("culprit", () -> {
                inside.complete(null);
                release.join();
            }).schedule();
            inside.join();
            String text = loops.describe();
            release.complete(null);
            assertTrue(text.contains("dispatching culprit"), text);
        });
    }

    @Test
    void methodsOfTheHomeContextRefuseOtherThreads() throws Exception {
        OnLoops.outside(OnLoops.factory("epoll"), loops -> {
            assertThrows(IllegalStateException.class,
                    () -> loops.main().watch(0, "x", () -> { }, null));
            assertThrows(IllegalStateException.class, AioContext::current);
            assertFalse(loops.main().isCurrent());
            assertThrows(IllegalStateException.class, Coroutine::suspend);
        });
    }
}
