package io.backplane.loop;

import io.backplane.aio.AioContext;
import io.backplane.aio.ContextReport;
import io.backplane.aio.CoroutineRegistry;
import io.backplane.aio.EventLoops;
import io.backplane.aio.IoThread;
import io.backplane.aio.PollerFactory;
import io.backplane.aio.PollingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/**
 * The loops of a process: main and the I/O threads. A daemon calls {@link #startMain}; a tool calls
 * {@link #runMain}, which needs no further thread. {@link #close} ends all.
 */
public final class Loops implements EventLoops, AutoCloseable {
    // Immutable
    private final CoroutineRegistry registry = new CoroutineRegistry();
    private final EventLoop main;
    private final BooleanSupplier maySpin;

    // Any thread
    private volatile List<PollerFactory> factories;
    private volatile LoopThread mainThread;
    private final CopyOnWriteArrayList<LoopThread> ioThreads = new CopyOnWriteArrayList<>();

    /**
     * Loops whose pollers come from the first factory that works.
     *
     * @param factories in order of preference
     */
    public Loops(List<PollerFactory> factories) {
        this.factories = List.copyOf(factories);
        int processors = Runtime.getRuntime().availableProcessors();
        this.maySpin = () -> processors > ioThreads.size() + 1;
        this.main = newLoop("main", true, PollingOptions.OFF);
    }

    private EventLoop newLoop(String name, boolean isMain, PollingOptions polling) {
        return new EventLoop(name, isMain, polling, maySpin, System::nanoTime, registry);
    }

    /**
     * Starts the thread {@code backplane-main}, which runs the main context until close.
     *
     * @throws java.io.UncheckedIOException if no poller works
     */
    public Loops startMain() {
        mainThread = new LoopThread(this, "main", "backplane-main", PollingOptions.OFF, main,
                factories);
        mainThread.startAndBlock();
        return this;
    }

    /**
     * Runs {@code body} in a coroutine of the main context and the main loop on the calling thread
     * until it has ended. Once only, and not together with {@link #startMain}.
     */
    public void runMain(Runnable body) {
        main.open(factories);
        Throwable[] failure = new Throwable[1];
        main.spawn(() -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure[0] = e;
            } finally {
                main.requestStop();
            }
        });
        main.run();
        if (failure[0] instanceof RuntimeException e) {
            throw e;
        }
        if (failure[0] instanceof Error e) {
            throw e;
        }
    }

    /** Changes the preference of mechanisms; loops that run move to the new first choice. */
    public void prefer(List<PollerFactory> newFactories) {
        factories = List.copyOf(newFactories);
        main.preferPoller(newFactories);
        for (LoopThread thread : ioThreads) {
            thread.loop().preferPoller(newFactories);
        }
    }

    /** Whether a running loop has its poller from {@code factory}. */
    boolean uses(PollerFactory factory) {
        return main.factory() == factory
                || ioThreads.stream().anyMatch(t -> t.loop().factory() == factory);
    }

    @Override
    public AioContext main() {
        return main;
    }

    @Override
    public IoThread awaitCreate(String id, PollingOptions polling) {
        main.checkCurrent();
        if (find(id) != null) {
            throw new IllegalArgumentException("iothread id '" + id + "' is taken");
        }
        LoopThread thread = new LoopThread(this, id, id, polling, newLoop(id, false, polling),
                factories);
        ioThreads.add(thread);
        try {
            thread.start();
            thread.awaitStarted();
        } catch (RuntimeException | Error e) {
            ioThreads.remove(thread);
            throw e;
        }
        return thread;
    }

    void remove(LoopThread thread) {
        ioThreads.remove(thread);
    }

    @Override
    public IoThread find(String id) {
        for (LoopThread thread : ioThreads) {
            if (thread.id().equals(id)) {
                return thread;
            }
        }
        return null;
    }

    @Override
    public List<IoThread> ioThreads() {
        return List.copyOf(ioThreads);
    }

    /** {@inheritDoc} Ages are right to 64 busy turns; see {@link LoopProgress}. */
    @Override
    public List<ContextReport> reports() {
        List<ContextReport> reports = new ArrayList<>();
        LoopThread mainNow = mainThread;
        reports.add(mainNow == null ? LoopReport.of(main, null, 0) : mainNow.report());
        for (LoopThread thread : ioThreads) {
            reports.add(thread.report());
        }
        return reports;
    }

    /** What each loop does now, a line each; for a loop that hangs. */
    public String describe() {
        StringBuilder text = new StringBuilder(LoopReport.line(main)).append('\n');
        for (LoopThread thread : ioThreads) {
            text.append(LoopReport.line(thread.loop())).append('\n');
        }
        return text.toString();
    }

    /** Ends I/O threads, then main, and waits for them. Not from inside a context. */
    @Override
    public void close() {
        if (AioContext.currentOrNull() != null) {
            throw new IllegalStateException("the loops cannot be closed from inside one");
        }
        for (LoopThread thread : ioThreads) {
            thread.stopAndJoin();
        }
        ioThreads.clear();
        LoopThread thread = mainThread;
        if (thread != null) {
            mainThread = null;
            thread.stopAndJoin();
        }
    }
}
