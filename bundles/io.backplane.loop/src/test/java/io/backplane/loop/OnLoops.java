package io.backplane.loop;

import io.backplane.aio.PollerFactory;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.nio.NioFileEngine;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.hostio.threads.ThreadsFileEngine;
import io.backplane.hostio.uring.UringFileEngine;
import io.backplane.hostio.uring.UringPollerFactory;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a test body in a coroutine of a fresh main context, and says where loops hang. */
final class OnLoops {
    /** A test body. */
    interface Body {
        void run(Loops loops) throws Exception;
    }

    /** Runs with loops already started, on the test's own thread. */
    interface Outside {
        void run(Loops loops) throws Exception;
    }

    private static final long LIMIT_S = 20;

    private OnLoops() {
    }

    static PollerFactory factory(String mechanism) {
        return switch (mechanism) {
            case "io_uring" -> new UringPollerFactory();
            case "epoll" -> new EpollPollerFactory();
            default -> new NioPollerFactory();
        };
    }

    static HostFileEngine engine(String aio) {
        return switch (aio) {
            case "io_uring" -> new UringFileEngine();
            case "threads" -> new ThreadsFileEngine();
            default -> new NioFileEngine();
        };
    }

    static void run(String mechanism, Body body) throws Exception {
        run(factory(mechanism), body);
    }

    static void run(PollerFactory factory, Body body) throws Exception {
        outside(factory, loops -> call(loops, () -> body.run(loops)));
    }

    static void outside(PollerFactory factory, Outside body) throws Exception {
        try (Loops loops = new Loops(List.of(factory)).startMain()) {
            body.run(loops);
        }
    }

    /** Something that may throw. */
    interface Step {
        void run() throws Exception;
    }

    /** Runs a step in a coroutine of main and blocks for it. */
    static void call(Loops loops, Step step) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loops.main().spawn(() -> {
            try {
                step.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        await(loops, done);
    }

    static <T> T await(Loops loops, CompletableFuture<T> future) throws Exception {
        try {
            return future.get(LIMIT_S, TimeUnit.SECONDS);
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
