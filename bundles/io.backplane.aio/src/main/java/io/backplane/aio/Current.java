package io.backplane.aio;

/**
 * What the current thread runs: a coroutine, or a context's own loop code.
 *
 * <p>The one {@link ThreadLocal} of the event loop. A coroutine's slot is set once when its runner
 * starts and read through the coroutine, so it is right also after the coroutine moved.
 */
public final class Current {
    private static final ThreadLocal<Object> SLOT = new ThreadLocal<>();

    private Current() {
    }

    static AioContext context() {
        Object slot = SLOT.get();
        if (slot instanceof Coroutine coroutine) {
            return coroutine.context();
        }
        return (AioContext) slot;
    }

    static Coroutine coroutine() {
        return SLOT.get() instanceof Coroutine coroutine ? coroutine : null;
    }

    static void runner(Coroutine coroutine) {
        SLOT.set(coroutine);
    }

    /** Whether the calling code runs in {@code context}. */
    @AnyThread
    public static boolean isContext(AioContext context) {
        return context() == context;
    }

    /** Says that the calling platform thread runs {@code context}'s loop from now on; null ends. */
    @AnyThread
    public static void enterLoop(AioContext context) {
        if (context == null) {
            SLOT.remove();
        } else {
            SLOT.set(context);
        }
    }
}
