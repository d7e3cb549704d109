package io.backplane.aio;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The coroutines of the contexts that share it, for diagnosis, and the alarm that says one of them
 * has begun to wait for others. Runners enter when they are made and leave when they end, so a
 * request costs nothing here.
 */
public final class CoroutineRegistry {
    // Any thread
    private final Set<Coroutine> runners = ConcurrentHashMap.newKeySet();
    private volatile Runnable alarm;

    /** An empty one. */
    @AnyThread
    public CoroutineRegistry() {
    }

    /** The coroutines that have a body now. */
    @AnyThread
    public List<Coroutine> busy() {
        List<Coroutine> busy = new ArrayList<>();
        for (Coroutine coroutine : runners) {
            if (!coroutine.isIdle()) {
                busy.add(coroutine);
            }
        }
        return busy;
    }

    /**
     * Calls {@code newAlarm} once, in any thread, when the next coroutine begins to wait for
     * something {@link Awaited}; null: nobody listens. It must not suspend.
     */
    @AnyThread
    public void onWait(Runnable newAlarm) {
        alarm = newAlarm;
    }

    /** Somebody begins to wait, or begins what others will wait for. */
    @AnyThread
    public void waitBegins() {
        Runnable now = alarm;
        if (now != null) {
            alarm = null;
            now.run();
        }
    }

    void add(Coroutine runner) {
        runners.add(runner);
    }

    void remove(Coroutine runner) {
        runners.remove(runner);
    }
}
