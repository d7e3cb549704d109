package io.backplane.jcstress;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.CoroutinePool;
import io.backplane.aio.CoroutineRegistry;
import io.backplane.aio.Current;
import io.backplane.aio.EventNotifier;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * A context whose thread is an actor: it runs coroutines and callbacks, and spins where a loop
 * would sleep. There are two, so that runners are reused from state to state and a round costs
 * about a microsecond. The actor that is in a lane owns it; jcstress separates the owners.
 */
public final class Lane implements AioContext {
    /** The main context. */
    public static final Lane MAIN = new Lane("main", true);
    /** Another context. */
    public static final Lane IO = new Lane("io", false);

    private static final int SPINS = 200;
    /** What lanes have handed to each other and not yet run. */
    private static final AtomicInteger OUTSTANDING = new AtomicInteger();

    /** What one actor does in one state. */
    public static final class Part {
        private volatile boolean done;
        private volatile boolean idle;
        private Throwable failure;

        /** Whether its body has ended. */
        public boolean isDone() {
            return done;
        }

        /** Says that the body of an actor without a lane has ended. */
        public void end() {
            done = true;
        }
    }

    // Immutable
    private final String name;
    private final boolean main;

    // Any thread
    private final ConcurrentLinkedQueue<Runnable> inbox = new ConcurrentLinkedQueue<>();

    // The actor's
    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
    private CoroutinePool coroutines = new CoroutinePool(this);

    private Lane(String name, boolean main) {
        this.name = name;
        this.main = main;
    }

    /**
     * Runs {@code body} in a coroutine, and what comes of it, until it and the other's part have
     * ended.
     *
     * @return false if the body still waits although nothing is left that could wake it, or failed
     */
    public boolean run(Part mine, Part other, Runnable body) {
        Current.enterLoop(this);
        try {
            coroutines.start(() -> {
                try {
                    body.run();
                } catch (Throwable e) {
                    mine.failure = e;
                }
                mine.done = true;
            });
            boolean ended = awaitEnd(mine, other);
            if (!ended) {
                mine.done = true;
                coroutines = new CoroutinePool(this, new CoroutineRegistry()); // that one is lost
            }
            if (mine.failure != null) {
                mine.failure.printStackTrace();
            }
            return ended && mine.failure == null;
        } finally {
            Current.enterLoop(null);
        }
    }

    /**
     * Two lanes that have nothing to run and nothing under way stay so: only they could wake each
     * other. So the first to see that knows that a body that has not ended never will.
     */
    private boolean awaitEnd(Part mine, Part other) {
        for (int spins = 1;; spins++) {
            boolean nothingComes = other.done || other.idle;
            boolean quiet = OUTSTANDING.get() == 0;
            boolean ran = runReady(mine);
            if (!ran && quiet && nothingComes && (!mine.done || other.done)) {
                return mine.done;
            }
            if (!ran && quiet) {
                mine.idle = true;
            }
            Thread.onSpinWait();
            if (spins % SPINS == 0) {
                Thread.yield();
            }
        }
    }

    private boolean runReady(Part mine) {
        boolean ran = false;
        for (Runnable next = inbox.poll(); next != null; next = inbox.poll()) {
            mine.idle = false;
            next.run();
            runLocal();
            OUTSTANDING.getAndDecrement();
            ran = true;
        }
        return runLocal() || ran;
    }

    private boolean runLocal() {
        boolean ran = false;
        for (Runnable next = ready.poll(); next != null; next = ready.poll()) {
            next.run();
            ran = true;
        }
        return ran;
    }

    private void add(Runnable task) {
        if (Current.isContext(this)) {
            ready.add(task);
        } else {
            OUTSTANDING.getAndIncrement();
            inbox.add(task);
        }
    }

    // ---- AioContext

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isMain() {
        return main;
    }

    @Override
    public void execute(Runnable continuation) {
        add(continuation);
    }

    @Override
    public void schedule(Runnable callback) {
        add(callback);
    }

    @Override
    public void spawn(Runnable body) {
        if (!coroutines.tryStart(body)) {
            add(() -> coroutines.start(body));
        }
    }

    @Override
    public BottomHalf newBottomHalf(String title, Runnable callback) {
        return new BottomHalf() {
            @Override
            public void schedule() {
                add(callback);
            }

            @Override
            public void cancel() {
                throw new UnsupportedOperationException();
            }

            @Override
            public void close() {
                // nothing is kept
            }
        };
    }

    @Override
    public CoroutinePool coroutines() {
        return coroutines;
    }

    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public AioTimer newTimer(String title, Runnable callback) {
        throw new UnsupportedOperationException();
    }

    @Override
    public AioTimer newPeriodicTimer(String title, Runnable callback) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FdHandler watch(int fd, String title, Runnable readable, Runnable writable) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FdHandler watch(EventNotifier notifier, String title, Runnable signalled,
            BooleanSupplier poll) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Poller poller() {
        throw new UnsupportedOperationException();
    }
}
