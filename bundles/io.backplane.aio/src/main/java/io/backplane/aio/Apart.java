package io.backplane.aio;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs what blocks, or may never return, on a thread of its own, apart from the event loops: work
 * of the OSGi framework and code of foreign bundles. It is for what is rare; the system calls of
 * requests have a pool of threads.
 */
public final class Apart {
    /**
     * What blocks.
     *
     * @param <R> its result
     * @param <E> how it fails
     */
    @FunctionalInterface
    public interface Work<R, E extends Exception> {
        /** Does it, on its own thread. */
        @AnyThread
        R run() throws E;
    }

    private Apart() {
    }

    /** Starts the work; nobody waits for it, and the end of the process does not either. */
    @AnyThread
    public static void start(String thread, Runnable work) {
        Thread.ofPlatform().daemon().name(thread).start(work);
    }

    /**
     * Suspends a coroutine of main until the work is done.
     *
     * @param thread name of its thread
     * @return its result
     */
    @GlobalState
    @Suspends
    public static <R, E extends Exception> R awaitDone(String thread, Work<R, E> work) throws E {
        AioWait wait = new AioWait(null);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicReference<R> result = new AtomicReference<>();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        start(thread, () -> {
            try {
                result.set(work.run());
            } catch (Throwable e) {
                failure.set(e);
            }
            ended.set(true);
            wait.kick();
        });
        wait.awaitWhile(() -> !ended.get());
        Apart.<E>rethrow(failure.get());
        return result.get();
    }

    @SuppressWarnings("unchecked") // work throws E and what is unchecked, nothing else
    private static <E extends Exception> void rethrow(Throwable failure) throws E {
        switch (failure) {
            case null -> {
            }
            case RuntimeException bug -> throw bug;
            case Error bug -> throw bug;
            default -> throw (E) failure;
        }
    }
}
