package io.backplane.aio;

/**
 * An event loop with its owner thread: the home of coroutines, bottom halves, timers and fd
 * handlers.
 *
 * <p>One thread runs a context's code at a time. There are no nested loops: whoever waits is a
 * coroutine and suspends. A turn computes its timeout, waits, then runs fd handlers and file
 * completions, bottom halves, timers, and the coroutines they made ready.
 *
 * <p>Context of the methods: <em>any thread</em> where {@link AnyThread} stands; all others only
 * while this context is {@link #current()}, else {@link IllegalStateException}.
 */
public interface AioContext {
    /** System property: {@code off} keeps all periodic timers from firing. */
    String PERIODIC_TIMERS = "backplane.timers.periodic";


    /** The name operators see, such as {@code main} or an iothread's id. */
    @AnyThread
    String name();

    /** Whether this is the main context, where global state lives. */
    @AnyThread
    boolean isMain();

    /** The context the calling code runs in, or null on a foreign thread. */
    @AnyThread
    static AioContext currentOrNull() {
        return Current.context();
    }

    /**
     * The context the calling code runs in.
     *
     * @throws IllegalStateException on a foreign thread
     */
    @AnyThread
    static AioContext current() {
        AioContext context = Current.context();
        if (context == null) {
            throw new IllegalStateException(
                    "not inside an AioContext: thread " + Thread.currentThread().getName());
        }
        return context;
    }

    /** Whether the calling code runs in this context. */
    @AnyThread
    default boolean isCurrent() {
        return Current.context() == this;
    }

    /**
     * Runs {@code callback} once in this context, outside a coroutine, soon. Writes made before
     * the call are visible to it. Not counted anywhere: work that somebody will rely on counts
     * itself in an {@link InFlight}.
     */
    @AnyThread
    void schedule(@NoSuspend Runnable callback);

    /**
     * Runs {@code callback} in this context, outside a coroutine of its own: at once if the caller
     * is there, else as {@link #schedule} does. How code of any thread reaches main.
     */
    @AnyThread
    default void runOrSchedule(@NoSuspend Runnable callback) {
        if (isCurrent()) {
            callback.run();
        } else {
            schedule(callback);
        }
    }

    /**
     * Makes a bottom half: a deferred callback that may be scheduled again and again.
     *
     * @param name what it is for, shown to operators
     */
    @AnyThread
    BottomHalf newBottomHalf(String name, @NoSuspend Runnable callback);

    /**
     * Starts a coroutine here; it runs soon, never inside this call. An exception that leaves
     * {@code body} is reported to the log as a bug.
     */
    @AnyThread
    void spawn(@Suspends Runnable body);

    /**
     * Hands a runnable continuation (a virtual thread's task) to this context's carrier. For
     * {@link Coroutine} only.
     */
    @AnyThread
    void execute(@NoSuspend Runnable continuation);

    /** This context's pool of coroutine runners. For {@link Coroutine} only. */
    @AnyThread
    CoroutinePool coroutines();

    /** Monotonic time in nanoseconds. */
    @AnyThread
    long nowNs();

    /** Makes a timer, unarmed; its callback runs here, outside a coroutine. */
    @AnyThread
    AioTimer newTimer(String name, @NoSuspend Runnable callback);

    /**
     * Makes a timer, unarmed, whose callback arms it again: for what looks around from time to
     * time. Nothing that somebody waits for may need such a look to come to its end, except where
     * a guest works against us; so tests run with {@value #PERIODIC_TIMERS} {@code off}: then it
     * never fires.
     */
    @AnyThread
    AioTimer newPeriodicTimer(String name, @NoSuspend Runnable callback);

    /**
     * Watches a file descriptor until the handler is closed. The handler does not own the fd: it
     * must be closed before the fd is.
     *
     * @param fd a non-blocking descriptor
     * @param readable called when readable, at an error or hang-up; null: not watched
     * @param writable called when writable; null: not watched
     */
    @IoOrGlobalState
    @NoSuspend
    FdHandler watch(int fd, String name, @NoSuspend Runnable readable,
            @NoSuspend Runnable writable);

    /**
     * Watches an event notifier, with an optional user-space check that adaptive polling may call
     * instead of sleeping.
     *
     * <p>Notices are edges: each signal after a notice makes a further notice, nobody needs to read
     * the notifier, and its count stays. So a watch that starts on a notifier signalled before gives
     * one notice at once; callers treat a notice as a hint to look.
     *
     * @param signalled called after a signal, or when {@code poll} saw work
     * @param poll returns true if there is work, reading memory only; null: cannot be polled
     */
    @IoOrGlobalState
    @NoSuspend
    FdHandler watch(EventNotifier notifier, String name, @NoSuspend Runnable signalled,
            @NoSuspend java.util.function.BooleanSupplier poll);

    /** What waits and does I/O for this context; host I/O bundles know their own poller by it. */
    @AnyThread
    Poller poller();
}
