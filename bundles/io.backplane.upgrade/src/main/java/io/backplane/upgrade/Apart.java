package io.backplane.upgrade;

import io.backplane.aio.AioWait;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** Runs what blocks, such as work of the framework, on a thread apart from the event loops. */
final class Apart {
    /** What blocks. */
    @FunctionalInterface
    interface Work<R> {
        R run() throws BlockException;
    }

    private Apart() {
    }

    /** Suspends a coroutine of main until the work is done. */
    @GlobalState
    @Suspends
    static <R> R awaitDone(Work<R> work) throws BlockException {
        AioWait wait = new AioWait(null);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicReference<R> result = new AtomicReference<>();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread.ofPlatform().daemon().name("backplane-upgrade").start(() -> {
            try {
                result.set(work.run());
            } catch (Throwable e) {
                failure.set(e);
            }
            ended.set(true);
            wait.kick();
        });
        wait.awaitWhile(() -> !ended.get());
        switch (failure.get()) {
            case null -> {
                return result.get();
            }
            case BlockException known -> throw known;
            case RuntimeException bug -> throw bug;
            case Error bug -> throw bug;
            case Throwable other -> throw new IllegalStateException(other);
        }
    }
}
