package io.backplane.driver.qcow2;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.Coroutine;
import io.backplane.aio.CoroutinePool;
import io.backplane.aio.Current;
import io.backplane.aio.EventNotifier;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;

/** Contexts that one thread runs in turn; host operations complete in an order a seed decides. */
final class SimulatedLoops {
    private final Random random;
    private final List<Loop> loops = new ArrayList<>();
    private final List<Coroutine> suspended = new ArrayList<>();
    /** Counts host events, for the order of things on several disks. */
    long clock;

    SimulatedLoops(long seed, int count) {
        random = new Random(seed);
        for (int i = 0; i < count; i++) {
            loops.add(new Loop("loop" + i));
        }
    }

    Loop loop(int index) {
        return loops.get(index);
    }

    /** Suspends the caller for as long as the seed says. */
    void awaitHost() {
        suspended.add(Coroutine.current());
        Coroutine.suspend();
    }

    /** Runs until nothing is left to do. */
    void run() {
        for (;;) {
            boolean ran = false;
            for (Loop loop : loops) {
                ran |= loop.runReady();
            }
            if (ran) {
                continue;
            }
            if (suspended.isEmpty()) {
                return;
            }
            suspended.remove(random.nextInt(suspended.size())).wake();
        }
    }

    /** One context. */
    static final class Loop implements AioContext {
        private final String name;
        private final Queue<Runnable> ready = new ConcurrentLinkedQueue<>();
        private final CoroutinePool pool = new CoroutinePool(this);

        Loop(String name) {
            this.name = name;
        }

        boolean runReady() {
            boolean ran = false;
            Current.enterLoop(this);
            try {
                for (Runnable next = ready.poll(); next != null; next = ready.poll()) {
                    next.run();
                    ran = true;
                }
            } finally {
                Current.enterLoop(null);
            }
            return ran;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean isMain() {
            return false;
        }

        @Override
        public void schedule(Runnable callback) {
            ready.add(callback);
        }

        @Override
        public void spawn(Runnable body) {
            ready.add(() -> pool.start(body));
        }

        @Override
        public void execute(Runnable continuation) {
            ready.add(continuation);
        }

        @Override
        public CoroutinePool coroutines() {
            return pool;
        }

        @Override
        public long nowNs() {
            return 0;
        }

        @Override
        public BottomHalf newBottomHalf(String bottomHalf, Runnable callback) {
            throw new UnsupportedOperationException();
        }

        @Override
        public AioTimer newTimer(String timer, Runnable callback) {
            return new IdleTimer();
        }

        @Override
        public FdHandler watch(int fd, String what, Runnable readable, Runnable writable) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FdHandler watch(EventNotifier notifier, String what, Runnable signalled,
                BooleanSupplier poll) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Poller poller() {
            throw new UnsupportedOperationException();
        }
    }

    /** Time stands still, so no timer ever fires. */
    private static final class IdleTimer implements AioTimer {
        @Override
        public void armAt(long deadlineNs) {
            // never reached
        }

        @Override
        public void disarm() {
            // never armed
        }

        @Override
        public void close() {
            // nothing to free
        }
    }
}
