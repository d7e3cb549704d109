package io.backplane.jmh;

import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.loop.Loops;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A running main context; a benchmark hands it a batch and waits. */
final class MainLoop implements AutoCloseable {
    /** What runs in a coroutine of main. */
    interface Body {
        void run() throws Exception;
    }

    final Loops loops = new Loops(List.of(new NioPollerFactory())).startMain();

    /** Runs {@code body} in a coroutine of main and waits for its end. */
    void run(Body body) throws InterruptedException, ExecutionException {
        FutureTask<Void> task = new FutureTask<>(() -> {
            body.run();
            return null;
        });
        loops.main().spawn(task);
        task.get();
    }

    @Override
    public void close() {
        loops.close();
    }
}
