package io.backplane.aio;

import java.util.ArrayDeque;

/**
 * The idle runners of one context; home context only. At most {@link #IDLE_CAPACITY} are kept, so
 * a burst leaves no more behind than that.
 */
public final class CoroutinePool {
    private static final int IDLE_CAPACITY = 256;

    // Immutable
    private final AioContext home;
    private final CoroutineRegistry registry;

    // Home context only
    private final ArrayDeque<Coroutine> idle = new ArrayDeque<>();
    private long madeCount;
    private boolean closed;

    /** The pool of {@code home}, which owns it. */
    public CoroutinePool(AioContext home) {
        this(home, new CoroutineRegistry());
    }

    /** As the other, its coroutines listed together with those of other contexts. */
    public CoroutinePool(AioContext home, CoroutineRegistry registry) {
        this.home = home;
        this.registry = registry;
    }

    /** Where its coroutines are listed. */
    @AnyThread
    public CoroutineRegistry registry() {
        return registry;
    }

    /** Starts {@code body} on an idle or a new runner. Home context only. */
    @IoOrGlobalState
    @NoSuspend
    public void start(@Suspends Runnable body) {
        launch(body);
    }

    /** Starts {@code body} if the caller is in the home context; false: it is not. */
    @AnyThread
    public boolean tryStart(@Suspends Runnable body) {
        if (!Current.isContext(home)) {
            return false;
        }
        launch(body);
        return true;
    }

    private void launch(Runnable body) {
        Coroutine runner = idle.pollLast();
        if (runner == null) {
            runner = new Coroutine(home, home.name() + "-co" + madeCount++, registry);
        }
        runner.start(home, body);
    }

    /** Takes a runner back; false: it ends. Called by the runner itself. */
    boolean giveBack(Coroutine runner) {
        if (closed || idle.size() >= IDLE_CAPACITY) {
            return false;
        }
        idle.addLast(runner);
        return true;
    }

    /** Ends the idle runners, and each other one when its body ends. Home context only. */
    @IoOrGlobalState
    @NoSuspend
    public void close() {
        closed = true;
        Coroutine runner;
        while ((runner = idle.pollLast()) != null) {
            runner.start(home, () -> { });
        }
    }
}
