package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.aio.CoRwLock;
import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.aio.IoThread;
import io.backplane.aio.PollingOptions;
import io.backplane.aio.RunnerLoop;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CoroutineTest {

    /** Runs bodies in contexts and suspends until all have ended; rethrows a failure. */
    private static final class Group {
        private final AioWait wait = new AioWait(null);
        private final InFlight running = new InFlight(wait);
        private volatile Throwable failure;

        void spawn(AioContext context, OnLoops.Step body) {
            running.increment();
            context.spawn(() -> {
                try {
                    body.run();
                } catch (Throwable e) {
                    failure = e;
                } finally {
                    running.decrement();
                }
            });
        }

        void awaitAll() {
            running.awaitZero();
            if (failure != null) {
                throw new AssertionError(failure);
            }
        }
    }

    @Test
    @Rule("C1")
    void secondWakeOfOneSuspensionThrowsInTheWaker() throws Exception {
        OnLoops.run("nio", loops -> {
            Coroutine[] one = new Coroutine[1];
            int[] resumed = new int[1];
            loops.main().spawn(() -> {
                one[0] = Coroutine.current();
                Coroutine.suspend();
                resumed[0]++;
                Coroutine.suspend();
                resumed[0]++;
            });
            Coroutine.awaitYield();
            assertTrue(one[0].isSuspended());
            one[0].wake();
            one[0].wake(); // comes before the next suspension: that one does not wait
            assertThrows(IllegalStateException.class, one[0]::wake);
            Coroutine.awaitYield();
            assertEquals(2, resumed[0]);
            assertThrows(IllegalStateException.class, one[0]::wake);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll", "nio"})
    @Rule("C7")
    void afterAMoveTheCurrentContextIsTheNewOne(String mechanism) throws Exception {
        OnLoops.run(mechanism, loops -> {
            IoThread io = loops.awaitCreate("io0", PollingOptions.OFF);
            for (int i = 0; i < 200; i++) {
                assertSame(loops.main(), AioContext.current());
                Coroutine.awaitMoveTo(io.context());
                assertSame(io.context(), AioContext.current());
                assertTrue(io.context().isCurrent());
                assertFalse(loops.main().isCurrent());
                Coroutine.awaitYield();
                assertSame(io.context(), AioContext.current());
                Coroutine.awaitMoveTo(loops.main());
            }
            io.awaitStop();
        });
    }

    @Test
    @Rule("C6")
    void requestsBouncingBetweenTwoContextsLeaveMemoryFlat() throws Exception {
        OnLoops.run("io_uring", loops -> {
            IoThread io = loops.awaitCreate("io0", PollingOptions.OFF);
            bounce(loops, io, 1_000);
            long before = usedBytes();
            for (int wave = 0; wave < 5; wave++) { // each request of a wave has a runner
                bounce(loops, io, 10_000);
            }
            long grown = usedBytes() - before;
            assertTrue(grown < 2 << 20, "grown by " + grown + " bytes");
            io.awaitStop();
        });
    }

    private static void bounce(Loops loops, IoThread io, int requests) {
        Group group = new Group();
        for (int i = 0; i < requests; i++) {
            group.spawn(loops.main(), () -> {
                Coroutine.awaitMoveTo(io.context());
                Coroutine.awaitMoveTo(loops.main());
            });
        }
        group.awaitAll();
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    @Rule("C5")
    void mutexIsHandedOverInOrderOfArrival() throws Exception {
        OnLoops.run("nio", loops -> {
            CoMutex mutex = new CoMutex();
            List<Integer> order = new ArrayList<>();
            Group group = new Group();
            try (CoMutex.Held held = mutex.awaitLock()) {
                assertNotNull(held);
                assertNull(mutex.tryLock());
                for (int i = 0; i < 5; i++) {
                    int n = i;
                    group.spawn(loops.main(), () -> {
                        try (CoMutex.Held own = mutex.awaitLock()) {
                            assertNotNull(own);
                            order.add(n);
                            Coroutine.awaitYield();
                        }
                    });
                }
                Coroutine.awaitYield();
            }
            assertNull(mutex.tryLock(), "handed over, not released");
            group.awaitAll();
            assertEquals(List.of(0, 1, 2, 3, 4), order);
            assertFalse(mutex.isLocked());
        });
    }

    @Test
    @Rule("C5")
    void mutexExcludesCoroutinesOfSeveralContexts() throws Exception {
        OnLoops.run("io_uring", loops -> {
            IoThread io = loops.awaitCreate("io0", PollingOptions.OFF);
            IoThread other = loops.awaitCreate("io1", PollingOptions.OFF);
            CoMutex mutex = new CoMutex();
            long[] counter = new long[1];
            int[] inside = new int[1];
            Group group = new Group();
            for (int i = 0; i < 12; i++) {
                AioContext context = i % 3 == 0 ? loops.main()
                        : i % 3 == 1 ? io.context() : other.context();
                int every = i;
                group.spawn(context, () -> {
                    for (int k = 0; k < 1000; k++) {
                        try (CoMutex.Held held = mutex.awaitLock()) {
                            assertNotNull(held);
                            assertEquals(1, ++inside[0]);
                            counter[0]++;
                            if ((k + every) % 7 == 0) {
                                Coroutine.awaitYield();
                            }
                            inside[0]--;
                        }
                        assertSame(context, AioContext.current());
                    }
                });
            }
            group.awaitAll();
            assertEquals(12_000, counter[0]);
            io.awaitStop();
            other.awaitStop();
        });
    }

    @Test
    @Rule("C5")
    void queueReleasesItsMutexAndTakesItBack() throws Exception {
        OnLoops.run("epoll", loops -> {
            IoThread io = loops.awaitCreate("io0", PollingOptions.OFF);
            CoMutex mutex = new CoMutex();
            CoQueue notEmpty = new CoQueue(mutex);
            List<Integer> items = new ArrayList<>();
            List<Integer> seen = new ArrayList<>();
            Group group = new Group();
            group.spawn(io.context(), () -> {
                while (seen.size() < 2000) {
                    try (CoMutex.Held held = mutex.awaitLock()) {
                        assertNotNull(held);
                        while (items.isEmpty()) {
                            notEmpty.awaitWake();
                        }
                        seen.addAll(items);
                        items.clear();
                    }
                }
            });
            group.spawn(loops.main(), () -> {
                for (int i = 0; i < 2000; i++) {
                    try (CoMutex.Held held = mutex.awaitLock()) {
                        assertNotNull(held);
                        items.add(i);
                        notEmpty.wakeNext();
                    }
                    if (i % 5 == 0) {
                        Coroutine.awaitYield();
                    }
                }
            });
            group.awaitAll();
            assertEquals(2000, seen.size());
            assertEquals(1999, seen.getLast());
            assertThrows(AssertionError.class, notEmpty::wakeNext);
            io.awaitStop();
        });
    }

    @Test
    @Rule("C5")
    void waitingWriterGoesBeforeLaterReaders() throws Exception {
        OnLoops.run("nio", loops -> {
            CoRwLock lock = new CoRwLock();
            List<String> order = new ArrayList<>();
            Group group = new Group();
            CoRwLock.Held first = lock.awaitRead();
            CoRwLock.Held second = lock.awaitRead();
            group.spawn(loops.main(), () -> {
                try (CoRwLock.Held write = lock.awaitWrite()) {
                    assertNotNull(write);
                    order.add("writer");
                    Coroutine.awaitYield();
                    CoRwLock.Held read = lock.downgrade();
                    order.add("downgraded");
                    read.close();
                    lock.awaitWrite(); // what the try block closes
                }
            });
            Coroutine.awaitYield();
            group.spawn(loops.main(), () -> {
                try (CoRwLock.Held read = lock.awaitRead()) {
                    assertNotNull(read);
                    order.add("reader");
                }
            });
            Coroutine.awaitYield();
            assertEquals(List.of(), order);
            first.close();
            Coroutine.awaitYield();
            assertEquals(List.of(), order);
            second.close();
            group.awaitAll();
            assertEquals(List.of("writer", "downgraded", "reader"), order);
            CoRwLock.Held read = lock.awaitRead();
            assertNotNull(read);
            lock.awaitUpgrade().close();
        });
    }

    @Test
    @Rule("C5")
    void readersAndWritersOfSeveralContextsExcludeEachOther() throws Exception {
        OnLoops.run("io_uring", loops -> {
            IoThread io = loops.awaitCreate("io0", PollingOptions.OFF);
            CoRwLock lock = new CoRwLock();
            AtomicInteger readers = new AtomicInteger();
            AtomicInteger writers = new AtomicInteger();
            Group group = new Group();
            for (int i = 0; i < 8; i++) {
                boolean writes = i % 4 == 0;
                group.spawn(i % 2 == 0 ? loops.main() : io.context(), () -> {
                    for (int k = 0; k < 500; k++) {
                        try (CoRwLock.Held h = writes ? lock.awaitWrite() : lock.awaitRead()) {
                            assertNotNull(h);
                            (writes ? writers : readers).incrementAndGet();
                            Coroutine.awaitYield();
                            assertTrue(writers.get() == 0
                                    || writers.get() == 1 && readers.get() == 0);
                            (writes ? writers : readers).decrementAndGet();
                        }
                    }
                });
            }
            group.awaitAll();
            io.awaitStop();
        });
    }

    @Test
    @Rule("E10")
    void kickBetweenConditionAndSleepIsNotLost() throws Exception {
        OnLoops.run("io_uring", loops -> {
            IoThread io = loops.awaitCreate("io0", PollingOptions.OFF);
            AioWait wait = new AioWait(null);
            AtomicInteger ball = new AtomicInteger();
            Group group = new Group();
            AtomicInteger stop = new AtomicInteger();
            for (int i = 0; i < 2000; i++) {
                int n = i;
                group.spawn(io.context(), () -> {
                    ball.set(n + 1);
                    wait.kick();
                });
                wait.awaitWhile(() -> ball.get() <= n);
            }
            assertEquals(2000, ball.get());
            group.spawn(io.context(), () -> assertThrows(IllegalStateException.class,
                    () -> wait.awaitWhile(() -> false)));
            group.awaitAll();
            assertThrows(ArithmeticException.class,
                    () -> wait.awaitWhile(() -> 1 / stop.get() > 0));
            wait.kick();
            Coroutine.awaitYield();
            io.awaitStop();
        });
    }

    @Test
    @Rule("C2")
    void whatBlocksInAThreadSuspendsInACoroutineAndWaitingInACallbackThrows() throws Exception {
        OnLoops.run("epoll", loops -> {
            java.util.concurrent.CompletableFuture<String> future =
                    new java.util.concurrent.CompletableFuture<>();
            Object monitor = new Object();
            boolean[] told = new boolean[1];
            Group group = new Group();
            group.spawn(loops.main(), () -> assertEquals("now", future.get()));
            group.spawn(loops.main(), () -> Thread.sleep(5));
            group.spawn(loops.main(), () -> {
                synchronized (monitor) {
                    while (!told[0]) {
                        monitor.wait();
                    }
                }
            });
            int turns = 0;
            while (turns < 100) { // the one thread of this context is free all the time
                Coroutine.awaitYield();
                turns++;
            }
            future.complete("now");
            synchronized (monitor) {
                told[0] = true;
                monitor.notifyAll();
            }
            group.awaitAll();
            String[] thrown = new String[1];
            loops.main().schedule(() -> thrown[0] = assertThrows(IllegalStateException.class,
                    () -> new AioWait(null).awaitWhile(() -> true)).getMessage());
            while (thrown[0] == null) {
                Coroutine.awaitYield();
            }
            assertTrue(thrown[0].startsWith("must run in a coroutine, but runs on thread "),
                    thrown[0]);
        });
    }

    @Test
    @Rule("C2")
    void plainLockHeldByAnotherThreadSuspendsTheCoroutineNotTheLoop() throws Exception {
        OnLoops.run("epoll", loops -> {
            ReentrantLock lock = new ReentrantLock();
            Object monitor = new Object();
            IoThread io = loops.awaitCreate("io0", PollingOptions.OFF);
            Group group = new Group();
            int[] inside = new int[1];
            int[] underMonitor = new int[1];
            for (int i = 0; i < 4; i++) {
                group.spawn(i % 2 == 0 ? loops.main() : io.context(), () -> {
                    for (int k = 0; k < 300; k++) {
                        lock.lock();
                        try {
                            inside[0]++;
                            if (k % 50 == 0) {
                                Thread.yield();
                            }
                        } finally {
                            lock.unlock();
                        }
                        synchronized (monitor) {
                            underMonitor[0]++;
                        }
                    }
                });
            }
            group.awaitAll();
            assertEquals(1200, inside[0]);
            assertEquals(1200, underMonitor[0]);
            io.awaitStop();
        });
    }

    @Test
    void interruptOfASuspendedCoroutineChangesNothing() throws Exception {
        OnLoops.run("epoll", loops -> {
            Coroutine[] one = new Coroutine[1];
            Thread[] thread = new Thread[1];
            int[] resumed = new int[1];
            loops.main().spawn(() -> {
                one[0] = Coroutine.current();
                thread[0] = Thread.currentThread();
                Coroutine.suspend();
                resumed[0]++;
            });
            Coroutine.awaitYield();
            thread[0].interrupt();
            for (int i = 0; i < 5; i++) {
                Coroutine.awaitYield();
            }
            assertEquals(0, resumed[0]);
            one[0].wake();
            Coroutine.awaitYield();
            assertEquals(1, resumed[0]);
        });
    }

    @Test
    void runnerTakesItemsUntilOneSuspendsThenAnotherGoesOn() throws Exception {
        OnLoops.run("nio", loops -> {
            List<Integer> done = new ArrayList<>();
            List<Coroutine> suspended = new ArrayList<>();
            int[] next = new int[1];
            RunnerLoop runner = new RunnerLoop(loops.main(), () -> {
                if (next[0] == 10) {
                    return false;
                }
                int item = next[0]++;
                if (item % 4 == 1) {
                    suspended.add(Coroutine.current());
                    Coroutine.suspend();
                }
                done.add(item);
                return true;
            });
            runner.kick();
            Coroutine.awaitYield();
            Coroutine.awaitYield();
            assertEquals(List.of(0, 2, 3, 4, 6, 7, 8), done);
            assertFalse(runner.isRunning());
            suspended.forEach(Coroutine::wake);
            Coroutine.awaitYield();
            assertEquals(10, done.size());
            next[0] = 8;
            runner.kick();
            runner.kick();
            Coroutine.awaitYield();
            assertFalse(runner.isRunning());
        });
    }

    @Test
    void ioThreadsHaveUniqueIdsAndUsersAndLeaveNothingBehind() throws Exception {
        OnLoops.run("io_uring", loops -> {
            int fds = openFds();
            IoThread io = loops.awaitCreate("io0", PollingOptions.OFF);
            assertThrows(IllegalArgumentException.class,
                    () -> loops.awaitCreate("io0", PollingOptions.OFF));
            assertSame(io, loops.find("io0"));
            assertTrue(io.threadId() > 0);
            io.users().increment();
            assertThrows(IllegalStateException.class, io::awaitStop);
            io.users().decrement();
            Group group = new Group();
            group.spawn(io.context(), () -> assertThrows(IllegalStateException.class,
                    () -> loops.awaitCreate("io2", PollingOptions.OFF)));
            group.awaitAll();
            io.awaitStop();
            assertNull(loops.find("io0"));
            assertEquals(fds, openFds());
        });
    }

    private static int openFds() throws java.io.IOException {
        try (var list = java.nio.file.Files.list(java.nio.file.Path.of("/proc/self/fd"))) {
            return (int) list.count();
        }
    }

    @Test
    void adaptivePollingFindsWorkWithoutSleeping() throws Exception {
        OnLoops.run("io_uring", loops -> {
            IoThread io = loops.awaitCreate("io0", new PollingOptions(50_000, 0, 0));
            bounce(loops, io, 2000);
            io.awaitStop();
        });
    }
}
