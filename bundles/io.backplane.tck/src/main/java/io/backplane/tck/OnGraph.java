package io.backplane.tck;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.PollerFactory;
import io.backplane.aio.PollingOptions;
import io.backplane.graph.Graph;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.loop.Loops;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs test bodies in a coroutine of main with a fresh graph, and says where loops hang. */
public final class OnGraph {
    /** A test body, in a coroutine of main. */
    public interface Body {
        /** Runs it. */
        void run(OnGraph on) throws Exception;
    }

    /** Something that may throw. */
    public interface Step {
        /** Runs it. */
        void run() throws Exception;
    }

    private static final long LIMIT_S = 30;

    /** The loops. */
    public final Loops loops;
    /** The graph. */
    public final Graph graph;

    private OnGraph(Loops loops) {
        this.loops = loops;
        this.graph = new Graph(loops.main());
    }

    /** Runs {@code body} in loops of pure Java. */
    public static void run(Body body) throws Exception {
        run(new NioPollerFactory(), body);
    }

    /** Runs {@code body} in loops with pollers of {@code factory}. */
    public static void run(PollerFactory factory, Body body) throws Exception {
        try (Loops loops = new Loops(List.of(factory)).startMain()) {
            OnGraph on = new OnGraph(loops);
            on.call(loops.main(), () -> {
                try {
                    body.run(on);
                } finally {
                    on.graph.awaitCloseAll();
                }
            });
            on.graph.close();
        }
    }

    /** Starts an I/O thread. Main. */
    public AioContext ioThread(String id) {
        return loops.awaitCreate(id, PollingOptions.OFF).context();
    }

    /** Starts a step in a coroutine of {@code context}; the future tells its end. */
    public CompletableFuture<Void> start(AioContext context, Step step) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        context.spawn(() -> {
            try {
                step.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /** Waits in a coroutine for the end of a step, giving way to others. */
    public void await(CompletableFuture<Void> done) throws Exception {
        Coroutine self = Coroutine.current();
        done.whenComplete((v, e) -> self.wake());
        Coroutine.suspend();
        get(done);
    }

    /** Lets everything that is ready in main run. */
    public void settle() {
        for (int i = 0; i < 20; i++) {
            Coroutine.awaitYield();
        }
    }

    private void call(AioContext context, Step step) throws Exception {
        get(start(context, step));
    }

    private void get(CompletableFuture<Void> done) throws Exception {
        try {
            done.get(LIMIT_S, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("hangs: " + loops.describe(), e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw (Error) e.getCause();
        }
    }
}
