package io.backplane.sim;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.Coroutine;
import io.backplane.aio.CoroutinePool;
import io.backplane.aio.Current;
import io.backplane.aio.EventNotifier;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.aio.Suspends;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;

/**
 * Contexts that one thread runs in turn, for tests of a driver alone: only the order in which host
 * operations complete is open, and a seed decides it. Time stands still. {@link SimWorld} is for
 * what meets between threads. Belongs to the thread that calls {@link #run}.
 */
public final class LoopsInTurn {
    private final SimRandom random;
    private final List<Loop> loops = new ArrayList<>();
    private final List<Coroutine> suspended = new ArrayList<>();
    private long hostEvents;

    /** @param count how many contexts */
    public LoopsInTurn(long seed, int count) {
        random = new SimRandom(seed);
        for (int i = 0; i < count; i++) {
            loops.add(new Loop("loop" + i));
        }
    }

    /** The context number {@code index}. */
    public Loop loop(int index) {
        return loops.get(index);
    }

    /** Counts a host event; its number tells the order of things on several disks. */
    public long hostEvent() {
        return ++hostEvents;
    }

    /** The number of the last host event. */
    public long hostEvents() {
        return hostEvents;
    }

    /** Suspends the caller for as long as the seed says. */
    @Suspends
    public void awaitHost() {
        suspended.add(Coroutine.current());
        Coroutine.suspend();
    }

    /** Runs until nothing is left to do. */
    public void run() {
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
    public static final class Loop implements AioContext {
        private final String name;
        private final Queue<Runnable> ready = new ConcurrentLinkedQueue<>();
        private final CoroutinePool pool = new CoroutinePool(this);

        /** A context by itself; whoever makes it runs it. */
        public Loop(String name) {
            this.name = name;
        }

        /** Runs what is ready, and what that makes ready; returns whether there was anything. */
        public boolean runReady() {
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
        public AioTimer newPeriodicTimer(String timer, Runnable callback) {
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
