package io.backplane.loop;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.CoroutinePool;
import io.backplane.aio.CoroutineRegistry;
import io.backplane.aio.Current;
import io.backplane.aio.EventNotifier;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;
import io.backplane.aio.PollingOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event loop. One thread calls {@link #run} and is the owner until it returns.
 *
 * <p>A turn: compute the time-out; poll (submit queued I/O, wait, run fd callbacks and completions);
 * take the inbox; run the callbacks that were there; run the timers that were due; run ready
 * coroutines up to a budget. What the owner's own code adds needs no wake-up, because the time-out
 * is computed after it. What other threads add goes through the inbox:
 *
 * <pre>
 * owner                                   other thread
 *   notifyMe = 1                            push to inbox
 *   inbox empty? no: do not wait            notifyMe != 0? yes: poller.wake()
 *   poller.poll(timeout)
 *   notifyMe = 0
 *   take inbox
 * </pre>
 *
 * Both write before they read, with sequential consistency, so either the owner sees the entry or
 * the other sees {@code notifyMe}: somebody who prepares to wait or waits is always woken. The
 * poller's wake is consumed inside {@code poll}, before the inbox is read. There is no flag that
 * skips a wake; bottom halves skip it only while they are queued already, and then whoever queued
 * them wakes.
 */
public final class EventLoop implements AioContext {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final int CALLBACKS_PER_TURN = 1024;
    private static final int COROUTINES_PER_TURN = 1024;
    private static final int TIMERS_PER_TURN = 256;
    private static final int LAST_TURNS_MAX = 1000;
    private static final VarHandle INBOX;

    static {
        try {
            INBOX = MethodHandles.lookup().findVarHandle(EventLoop.class, "inbox", Notice.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Immutable
    private final String name;
    private final boolean main;
    private final LongSupplier clock;
    private final CoroutinePool coroutines;
    private final AdaptivePolling polling;
    private final BooleanSupplier maySpin;
    private final TimerHeap timers = new TimerHeap();
    final LoopProgress progress = new LoopProgress();

    // Any thread
    volatile Notice inbox;
    private volatile int notifyMe;
    private final AtomicInteger wakers = new AtomicInteger();
    private volatile boolean stop;
    private volatile Poller poller;
    private volatile PollerFactory factory;
    private volatile List<PollerFactory> newFactories;

    // Home context only
    final ReadyQueue ready = new ReadyQueue();
    final List<LoopHandler> handlers = new ArrayList<>();
    private LoopHandler[] pollable = new LoopHandler[0];
    private Notice firstCallback;
    private Notice lastCallback;
    int callbackCount;

    // Written by the owner, read racily for diagnosis
    String phase = "new";
    long turnCount;
    Object runningNow;

    /**
     * A loop nobody runs yet.
     *
     * @param main whether it is the main context
     * @param maySpin whether there is a processor to spare for busy polling
     * @param clock monotonic nanoseconds
     */
    public EventLoop(String name, boolean main, PollingOptions polling, BooleanSupplier maySpin,
            LongSupplier clock) {
        this(name, main, polling, maySpin, clock, new CoroutineRegistry());
    }

    EventLoop(String name, boolean main, PollingOptions polling, BooleanSupplier maySpin,
            LongSupplier clock, CoroutineRegistry registry) {
        this.name = name;
        this.main = main;
        this.polling = new AdaptivePolling(polling);
        this.maySpin = maySpin;
        this.clock = clock;
        this.coroutines = new CoroutinePool(this, registry);
    }

    /** Opens the poller; the caller becomes the owner thread and calls {@link #run} next. */
    void open(List<PollerFactory> factories) {
        Current.enterLoop(this);
        openPoller(factories);
        phase = "open";
    }

    private void openPoller(List<PollerFactory> factories) {
        StringBuilder reasons = new StringBuilder();
        for (PollerFactory candidate : factories) {
            try {
                poller = candidate.open();
                factory = candidate;
                return;
            } catch (IOException e) {
                LOG.warn("context {}: no {} poller: {}", name, candidate.mechanism(),
                        e.getMessage());
                reasons.append("; ").append(candidate.mechanism()).append(": ")
                        .append(e.getMessage());
            }
        }
        throw new UncheckedIOException(new IOException("no poller for context " + name + reasons));
    }

    /** Runs turns until {@link #requestStop}, then ends the coroutines and closes the poller. */
    void run() {
        while (!stop) {
            try {
                turn();
            } catch (RuntimeException | Error e) {
                LOG.error("bug: a turn of context {} failed, {}", name, LoopReport.line(this), e);
            }
        }
        phase = "closing";
        coroutines.close();
        for (int i = 0; i < LAST_TURNS_MAX && hasWork(); i++) {
            runTurn(poller.poll(0));
        }
        notifyMe = 0;
        while (wakers.get() != 0) {
            Thread.onSpinWait();
        }
        poller.close();
        phase = "closed";
        Current.enterLoop(null);
    }

    /** Ends {@link #run} after its current turn. Any thread. */
    void requestStop() {
        stop = true;
        wakeIfWaiting();
    }

    // ---- one turn

    void turn() {
        if (newFactories != null) {
            switchPoller();
        }
        LoopTurnEvent event = LoopTurnEvent.start();
        phase = "preparing";
        if ((turnCount & LoopProgress.TURNS_MASK) == 0) {
            progress.turned(clock.getAsLong());
        }
        int events;
        if (hasWork()) {
            events = poller.poll(0);
        } else if (polling.isOn() && maySpin.getAsBoolean()) {
            events = pollThenWait();
        } else {
            events = waitForEvents();
        }
        long beganNs = event == null ? 0 : clock.getAsLong();
        runTurn(events);
        turnCount++;
        if (event != null) {
            event.end(name, turnCount, events, clock.getAsLong() - beganNs);
        }
    }

    private void runTurn(int events) {
        phase = "dispatching";
        if (inbox != null) {
            takeInbox();
        }
        runCallbacks();
        if (timers.firstNs() != TimerHeap.NONE) {
            runTimers();
        }
        runReady();
    }

    private boolean hasWork() {
        return firstCallback != null || !ready.isEmpty() || inbox != null;
    }

    private long timeoutNs(long nowNs) {
        long first = timers.firstNs();
        return first == TimerHeap.NONE ? Poller.FOREVER_NS : Math.max(0, first - nowNs);
    }

    private int waitForEvents() {
        notifyMe = 1;
        boolean go = inbox != null || stop || newFactories != null;
        phase = "waiting";
        try {
            if (go) {
                return poller.poll(0);
            }
            long nowNs = clock.getAsLong();
            progress.sleeps(nowNs);
            return poller.poll(timeoutNs(nowNs));
        } finally {
            notifyMe = 0;
            if (!go) {
                progress.woke(clock.getAsLong());
            }
        }
    }

    private int pollThenWait() {
        long windowNs = polling.windowNs();
        long start = clock.getAsLong();
        if (windowNs > 0) {
            int events = poller.poll(0);
            if (events > 0 || hasWork()) {
                return events;
            }
            phase = "polling";
            long end = start + windowNs;
            long first = timers.firstNs();
            if (first != TimerHeap.NONE && first < end) {
                end = first;
            }
            do {
                if (inbox != null || pollHandlers() || poller.hasWork()) {
                    polling.hit();
                    return poller.poll(0);
                }
                Thread.onSpinWait();
            } while (clock.getAsLong() < end);
        }
        int events = waitForEvents();
        polling.missed(clock.getAsLong() - start);
        return events;
    }

    private boolean pollHandlers() {
        boolean found = false;
        for (LoopHandler handler : pollable) {
            found |= handler.pollNow();
        }
        return found;
    }

    private void takeInbox() {
        Notice newest = (Notice) INBOX.getAndSet(this, null);
        Notice oldest = null;
        while (newest != null) {
            Notice next = newest.next;
            newest.next = oldest;
            oldest = newest;
            newest = next;
        }
        while (oldest != null) {
            Notice next = oldest.next;
            addLocal(oldest);
            oldest = next;
        }
    }

    private void addLocal(Notice notice) {
        if (notice.kind == Notice.CONTINUATION) {
            ready.add(notice.body);
            return;
        }
        notice.next = null;
        if (lastCallback == null) {
            firstCallback = notice;
        } else {
            lastCallback.next = notice;
        }
        lastCallback = notice;
        callbackCount++;
    }

    private void runCallbacks() {
        int limit = Math.min(callbackCount, CALLBACKS_PER_TURN);
        for (int i = 0; i < limit; i++) {
            Notice notice = firstCallback;
            firstCallback = notice.next;
            if (firstCallback == null) {
                lastCallback = null;
            }
            callbackCount--;
            runningNow = notice;
            try {
                if (notice.kind == Notice.COROUTINE) {
                    coroutines.start(notice.body);
                } else {
                    notice.run();
                }
            } catch (Throwable e) {
                report(notice, e);
            }
        }
        runningNow = null;
    }

    private void runTimers() {
        long nowNs = clock.getAsLong();
        long before = timers.armings();
        for (int i = 0; i < TIMERS_PER_TURN; i++) {
            LoopTimer timer = timers.takeDue(nowNs, before);
            if (timer == null) {
                break;
            }
            runningNow = timer;
            try {
                timer.callback.run();
            } catch (Throwable e) {
                report(timer, e);
            }
        }
        runningNow = null;
    }

    private void runReady() {
        Runnable continuation;
        for (int i = 0; i < COROUTINES_PER_TURN && (continuation = ready.poll()) != null; i++) {
            continuation.run();
        }
    }

    private void report(Object source, Throwable e) {
        LOG.error("bug: {} failed in context {}", source, name, e);
    }

    // ---- what other threads may do

    void post(Notice notice) {
        if (Current.isContext(this)) {
            addLocal(notice);
            return;
        }
        progress.scheduled(clock.getAsLong());
        Notice head;
        do {
            head = inbox;
            notice.next = head;
        } while (!INBOX.compareAndSet(this, head, notice));
        wakeIfWaiting();
    }

    private void wakeIfWaiting() {
        if (notifyMe == 0) {
            return;
        }
        wakers.getAndIncrement(); // the poller is not closed while this is not zero
        try {
            if (notifyMe != 0) {
                poller.wake();
            }
        } finally {
            wakers.getAndDecrement();
        }
    }

    @Override
    public void execute(Runnable continuation) {
        if (Current.isContext(this)) {
            ready.add(continuation);
        } else {
            post(new Notice(continuation, Notice.CONTINUATION));
        }
    }

    @Override
    public void schedule(Runnable callback) {
        post(new Notice(callback, Notice.CALLBACK));
    }

    @Override
    public void spawn(Runnable body) {
        if (!coroutines.tryStart(body)) {
            post(new Notice(body, Notice.COROUTINE));
        }
    }

    @Override
    public BottomHalf newBottomHalf(String title, Runnable callback) {
        return new LoopBottomHalf(this, title, callback);
    }

    @Override
    public AioTimer newTimer(String title, Runnable callback) {
        return new LoopTimer(this, title, callback, false);
    }

    @Override
    public AioTimer newPeriodicTimer(String title, Runnable callback) {
        LoopTimer timer = new LoopTimer(this, title, callback, true);
        if ("off".equals(System.getProperty(PERIODIC_TIMERS))) {
            timer.close(); // for good: whoever arms it waits in vain
        }
        return timer;
    }

    void arm(LoopTimer timer, long deadlineNs) {
        assert timer.periodic || timer != runningNow || !Current.isContext(this)
                : "timer '" + timer + "' arms itself again, so it is a periodic one";
        if (timers.arm(timer, deadlineNs) && !Current.isContext(this)) {
            wakeIfWaiting();
        }
    }

    TimerHeap timers() {
        return timers;
    }

    @Override
    public CoroutinePool coroutines() {
        return coroutines;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isMain() {
        return main;
    }

    @Override
    public long nowNs() {
        return clock.getAsLong();
    }

    @Override
    public Poller poller() {
        return poller;
    }

    // ---- watched descriptors

    @Override
    public FdHandler watch(int fd, String title, Runnable readable, Runnable writable) {
        return watch(fd, title, readable, writable, null);
    }

    @Override
    public FdHandler watch(EventNotifier notifier, String title, Runnable signalled,
            BooleanSupplier poll) {
        return watch(notifier.fd(), title, signalled, null, poll);
    }

    private FdHandler watch(int fd, String title, Runnable readable, Runnable writable,
            BooleanSupplier poll) {
        checkCurrent();
        LoopHandler handler = new LoopHandler(this, fd, title, guarded(title, readable),
                guarded(title, writable), poll);
        handler.attach(poller);
        handlers.add(handler);
        refreshPollable();
        return handler;
    }

    private Runnable guarded(String title, Runnable callback) {
        return callback == null ? null : () -> {
            phase = "dispatching"; // inside poll
            runningNow = title;
            try {
                callback.run();
            } catch (Throwable e) {
                report(title, e);
            }
            runningNow = null;
        };
    }

    void forget(LoopHandler handler) {
        handlers.remove(handler);
        refreshPollable();
    }

    private void refreshPollable() {
        pollable = handlers.stream().filter(h -> h.poll != null).toArray(LoopHandler[]::new);
    }

    void checkCurrent() {
        if (!Current.isContext(this)) {
            throw new IllegalStateException("must run in context " + name + ", but runs in thread "
                    + Thread.currentThread().getName());
        }
    }

    // ---- change of mechanism

    /** Moves to the first of {@code factories} that works, between two turns. Any thread. */
    void preferPoller(List<PollerFactory> factories) {
        newFactories = List.copyOf(factories);
        wakeIfWaiting();
    }

    /** Where its poller comes from. */
    PollerFactory factory() {
        return factory;
    }

    private void switchPoller() {
        List<PollerFactory> factories = newFactories;
        newFactories = null;
        if (factories.isEmpty() || factories.getFirst() == factory) {
            return;
        }
        Poller old = poller;
        try {
            openPoller(factories);
        } catch (UncheckedIOException e) {
            LOG.warn("context {} keeps its {} poller: {}", name, old.mechanism(), e.getMessage());
            return;
        }
        for (LoopHandler handler : handlers) {
            handler.detach();
            handler.attach(poller);
        }
        while (wakers.get() != 0) {
            Thread.onSpinWait(); // nobody starts a wake while notifyMe is 0
        }
        old.close(); // waits for the I/O in flight there and wakes its coroutines
        LOG.info("context {} changed from {} to {}", name, old.mechanism(), poller.mechanism());
    }
}
