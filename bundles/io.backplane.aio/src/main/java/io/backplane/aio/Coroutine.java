package io.backplane.aio;

import io.backplane.sys.CoroutineThreads;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A pooled runner: a virtual thread whose scheduler is its context's carrier, which runs one body
 * after another.
 *
 * <p>States of one suspension, changed by compare-and-set only:
 * {@code RUNNING -> suspend -> SUSPENDED -> wake -> RUNNING}, or, when the wake comes first,
 * {@code RUNNING -> wake -> WOKEN -> suspend -> RUNNING} without leaving the loop. A second wake
 * for the same suspension is a bug and throws in the waker. One party wakes: whoever it was
 * handed to (a completion, a queue, a timer).
 *
 * <p>The context may change only by {@link #awaitMoveTo}; nothing thread-bound may be kept over
 * a suspension.
 */
public final class Coroutine {
    private static final int RUNNING = 0;
    private static final int SUSPENDED = 1;
    private static final int WOKEN = 2;
    private static final int IDLE = 3;
    private static final int ID_BITS = 40;
    private static final AtomicLong SERIALS = new AtomicLong(1);
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Coroutine.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Immutable
    private final Thread thread;
    private final CoroutineRegistry registry;
    private final long serial = SERIALS.getAndIncrement();

    // Any thread
    private volatile AioContext context;
    private volatile int state = IDLE;
    private volatile AioContext carrier;

    // Whoever runs or starts this coroutine
    private Runnable body;
    private Runnable handOff;
    private boolean started;

    // Written by whoever runs or starts this coroutine with plain stores, read racily for diagnosis
    private Awaited awaited;
    private long awaitedCount;
    private long itemCount;
    private long runCount;
    private Object requestTarget;
    private String requestVerb;
    private long requestOffset;
    private long requestBytes;

    Coroutine(AioContext context, String name, CoroutineRegistry registry) {
        this.context = context;
        this.registry = registry;
        registry.add(this);
        this.thread = CoroutineThreads.newThread(this::submit, name, this::run);
    }

    private void submit(Runnable continuation) {
        AioContext target = context;
        carrier = target;
        target.execute(continuation);
    }

    /** The coroutine the caller runs in, or null. */
    @AnyThread
    public static Coroutine currentOrNull() {
        return Current.coroutine();
    }

    /**
     * The coroutine the caller runs in.
     *
     * @throws IllegalStateException outside a coroutine
     */
    @AnyThread
    public static Coroutine current() {
        Coroutine coroutine = Current.coroutine();
        if (coroutine == null) {
            throw new IllegalStateException("must run in a coroutine, but runs on thread "
                    + Thread.currentThread().getName());
        }
        return coroutine;
    }

    /** The context this coroutine runs in now. */
    @AnyThread
    public AioContext context() {
        return context;
    }

    /**
     * Suspends the current coroutine until its {@link #wake}; returns at once if that came first.
     */
    @Suspends
    @IoCode
    public static void suspend() {
        current().suspendSelf();
    }

    /**
     * As {@link #suspend()}, and tells what for, so that operators see it and the search for
     * deadlocks can follow it.
     */
    @Suspends
    @IoCode
    public static void suspend(Awaited reason) {
        current().suspendFor(reason);
    }

    private void suspendFor(Awaited reason) {
        Awaited before = awaits(reason);
        try {
            suspendSelf();
        } finally {
            awaitsAgain(before);
        }
    }

    /** Says what the next suspensions are for; returns what they were for before. */
    Awaited awaits(Awaited reason) {
        Awaited before = awaited;
        awaited = reason;
        if (reason != null) {
            awaitedCount++;
            registry.waitBegins();
        }
        return before;
    }

    void awaitsAgain(Awaited before) {
        awaited = before;
    }

    private void suspendSelf() {
        if (STATE.compareAndSet(this, WOKEN, RUNNING)) {
            return;
        }
        Runnable next = handOff;
        if (next != null) {
            handOff = null;
            next.run();
        }
        if (!STATE.compareAndSet(this, RUNNING, SUSPENDED)) {
            state = RUNNING; // woken between the two checks
            return;
        }
        CoroutineSuspensionEvent event = CoroutineSuspensionEvent.start();
        LockSupport.park(this);
        while (state == SUSPENDED) {
            Thread.interrupted(); // an interrupt means nothing here, and would keep park from waiting
            LockSupport.park(this);
        }
        if (event != null) {
            event.end(this);
        }
    }

    /**
     * Ends this coroutine's current or next suspension; it continues in its own context.
     *
     * @throws IllegalStateException if it was already woken for that suspension
     */
    @AnyThread
    public void wake() {
        for (;;) {
            int seen = state;
            if (seen == SUSPENDED) {
                if (STATE.compareAndSet(this, SUSPENDED, RUNNING)) {
                    LockSupport.unpark(thread);
                    return;
                }
            } else if (seen == RUNNING) {
                if (STATE.compareAndSet(this, RUNNING, WOKEN)) {
                    return;
                }
            } else {
                throw new IllegalStateException((seen == WOKEN ? "woken twice: " : "not running: ")
                        + thread.getName());
            }
        }
    }

    /**
     * Moves the current coroutine to {@code target}: what follows runs there. Everything
     * thread-bound the caller holds is stale afterwards.
     */
    @Suspends
    @IoCode
    public static void awaitMoveTo(AioContext target) {
        Coroutine self = current();
        if (self.context == target) {
            return;
        }
        Runnable next = self.handOff;
        if (next != null) {
            self.handOff = null;
            next.run();
        }
        self.context = target;
        Thread.yield(); // unmounts; the scheduler then hands the continuation to the new context
        if (self.carrier != target) {
            throw new IllegalStateException("pinned: cannot move from a native frame");
        }
    }

    /** Lets everything else that is ready in this context run first. */
    @Suspends
    @IoCode
    public static void awaitYield() {
        Coroutine self = current();
        self.context.schedule(self::wake);
        self.suspendSelf();
    }

    /**
     * Registers what to call, on this coroutine, just before its next suspension; null takes it
     * back. Returns whether the previous registration was still waiting.
     */
    boolean handOff(Runnable next) {
        boolean waiting = handOff != null;
        handOff = next;
        return waiting;
    }

    /** The stack of this coroutine, for diagnosis; costs microseconds. */
    @AnyThread
    public StackTraceElement[] stack() {
        return thread.getStackTrace();
    }

    /** Whether it is suspended now, for diagnosis. */
    @AnyThread
    public boolean isSuspended() {
        return state == SUSPENDED;
    }

    /** Whether a thread runs it now, for diagnosis. */
    @AnyThread
    public boolean isMounted() {
        String text = thread.toString(); // ends in /state@carrier while it is mounted
        return text.lastIndexOf('@') > text.lastIndexOf('/');
    }

    /** Whether it has no body now, for diagnosis. */
    @AnyThread
    public boolean isIdle() {
        return state == IDLE;
    }

    /** Its name, made of that of the context it was made in. */
    @AnyThread
    public String name() {
        return thread.getName();
    }

    /** What it waits for, or null if that is unknown or it does not wait; for diagnosis. */
    @AnyThread
    public Awaited awaited() {
        return awaited;
    }

    /** How often it has begun to wait for something known; tells two waits apart. */
    @AnyThread
    public long awaitedCount() {
        return awaitedCount;
    }

    /** How many bodies it has begun; tells two of its owners apart. */
    @AnyThread
    public long runCount() {
        return runCount;
    }

    // ---- the request it carries

    /**
     * A number that is the same in all storeys a request passes in this coroutine, and no other
     * request's: the runner and how many items it has taken.
     */
    @AnyThread
    public long requestId() {
        return serial << ID_BITS | itemCount;
    }

    /** It takes a new item, which has a new {@link #requestId}. */
    void nextItem() {
        itemCount++;
    }

    /**
     * Notes the request this coroutine carries from now on; the coroutine itself calls it. Plain
     * stores into its own fields, nothing else: who lists requests reads them racily.
     */
    @IoCode
    @NoSuspend
    public void carry(Object target, String verb, long offset, long bytes) {
        requestTarget = target;
        requestVerb = verb;
        requestOffset = offset;
        requestBytes = bytes;
    }

    /** The request is done. */
    @IoCode
    @NoSuspend
    public void carryNothing() {
        requestTarget = null;
    }

    /** The request it carries, or null; for diagnosis. */
    @AnyThread
    public CarriedRequest carried() {
        Object target = requestTarget;
        return target == null ? null : new CarriedRequest(target, requestVerb, requestOffset,
                requestBytes, requestId());
    }

    @Override
    public String toString() {
        return name();
    }

    void start(AioContext home, Runnable newBody) {
        context = home;
        body = newBody;
        itemCount++;
        runCount++;
        state = RUNNING;
        if (started) {
            LockSupport.unpark(thread);
        } else {
            started = true;
            thread.start();
        }
    }

    private void run() {
        Current.runner(this);
        for (;;) {
            try {
                body.run();
            } catch (Throwable e) {
                org.slf4j.LoggerFactory.getLogger(Coroutine.class)
                        .error("bug: a coroutine ended with an exception", e);
            }
            body = null;
            handOff = null;
            awaited = null;
            requestTarget = null;
            state = IDLE;
            if (!context.coroutines().giveBack(this)) {
                registry.remove(this);
                return;
            }
            while (state == IDLE) {
                Thread.interrupted();
                LockSupport.park(this);
            }
        }
    }
}
