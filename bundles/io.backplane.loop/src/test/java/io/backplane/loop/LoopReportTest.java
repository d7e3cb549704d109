package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.CoMutex;
import io.backplane.aio.ContextReport;
import io.backplane.aio.Coroutine;
import io.backplane.aio.WaitForGraph;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoopReportTest {

    private static void hangHere(CountDownLatch entered, CountDownLatch release) {
        entered.countDown();
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean names(ContextReport report, String method) {
        return report.stack().stream().anyMatch(line -> line.contains(method));
    }

    @Test
    @Rule("E6")
    void aHungLoopExplainsItself() throws Exception {
        OnLoops.outside(OnLoops.factory("epoll"), loops -> {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            var half = loops.main().newBottomHalf("the hung one", () -> hangHere(entered, release));
            half.schedule();
            assertTrue(entered.await(10, TimeUnit.SECONDS));
            try {
                Thread.sleep(50);
                loops.main().schedule(() -> { });
                ContextReport report = loops.reports().getFirst();
                assertEquals("main", report.name());
                assertEquals("dispatching", report.phase());
                assertEquals("the hung one", report.running());
                assertTrue(report.threadId() > 0, report::toString);
                assertEquals("epoll", report.mechanism());
                assertTrue(report.dispatchAgeNs() >= 50_000_000, report::toString);
                assertTrue(report.scheduleAgeNs() >= 0
                        && report.scheduleAgeNs() < report.dispatchAgeNs(), report::toString);
                assertTrue(report.pendingBottomHalves() >= 1, report::toString);
                assertTrue(names(report, "hangHere"), report::toString);
            } finally {
                release.countDown();
            }
        });
    }

    @Test
    @Rule("E6")
    void aCoroutineThatNeverYieldsIsInTheStack() throws Exception {
        OnLoops.outside(OnLoops.factory("nio"), loops -> {
            CompletableFuture<Void> entered = new CompletableFuture<>();
            boolean[] stop = new boolean[1];
            loops.main().spawn(() -> spinHere(entered, stop));
            OnLoops.await(loops, entered);
            try {
                assertTrue(names(loops.reports().getFirst(), "spinHere"));
            } finally {
                synchronized (stop) {
                    stop[0] = true;
                }
            }
        });
    }

    private static void spinHere(CompletableFuture<Void> entered, boolean[] stop) {
        entered.complete(null);
        for (;;) {
            synchronized (stop) {
                if (stop[0]) {
                    return;
                }
            }
        }
    }

    @Test
    @Rule("E6")
    void anIdleLoopWaitsAndCountsWhoIsSuspended() throws Exception {
        OnLoops.outside(OnLoops.factory("epoll"), loops -> {
            List<Coroutine> suspended = new ArrayList<>();
            OnLoops.call(loops, () -> {
                for (int i = 0; i < 3; i++) {
                    loops.main().spawn(() -> {
                        suspended.add(Coroutine.current());
                        Coroutine.suspend();
                    });
                }
                while (suspended.size() < 3) {
                    Coroutine.awaitYield();
                }
            });
            ContextReport report;
            do {
                Thread.sleep(5);
                report = loops.reports().getFirst();
            } while (!report.phase().equals("waiting"));
            assertEquals(3, report.suspendedCoroutines());
            assertNull(report.running());
            assertTrue(report.pollAgeNs() >= 0 && report.turnCount() > 0, report::toString);
            OnLoops.call(loops, () -> suspended.forEach(Coroutine::wake));
        });
    }

    @Test
    @Rule("C5")
    void twoMutexesTakenCrosswiseAreACycleAndOneContendedIsNot() throws Exception {
        OnLoops.outside(OnLoops.factory("nio"), loops -> {
            CoMutex a = new CoMutex("a");
            CoMutex b = new CoMutex("b");
            var registry = loops.main().coroutines().registry();
            CompletableFuture<Void> alarm = new CompletableFuture<>();
            registry.onWait(() -> alarm.complete(null));
            OnLoops.call(loops, () -> {
                lockBoth(loops, a, b);
                lockBoth(loops, a, b);
                Coroutine.awaitYield();
            });
            assertTrue(WaitForGraph.cycles(registry.busy()).isEmpty());
            OnLoops.call(loops, () -> {
                lockBoth(loops, a, b);
                lockBoth(loops, b, a);
                for (int i = 0; i < 20; i++) {
                    Coroutine.awaitYield();
                }
                List<WaitForGraph.Cycle> cycles = WaitForGraph.cycles(registry.busy());
                assertEquals(1, cycles.size());
                assertEquals(2, cycles.getFirst().edges().size());
                String text = String.join("\n", cycles.getFirst().edges());
                assertTrue(text.contains("waits for a, held up by")
                        && text.contains("waits for b, held up by"), text);
                assertEquals(cycles.getFirst().waits(),
                        WaitForGraph.cycles(registry.busy()).getFirst().waits());
            });
            assertTrue(alarm.isDone());
        });
    }

    private static void lockBoth(Loops loops, CoMutex first, CoMutex second) {
        loops.main().spawn(() -> {
            try (CoMutex.Held one = first.awaitLock()) {
                assertNotNull(one);
                Coroutine.awaitYield();
                try (CoMutex.Held two = second.awaitLock()) {
                    assertNotNull(two);
                    assertFalse(first.blockers().isEmpty());
                }
            }
        });
    }
}
