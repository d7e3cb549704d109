package io.backplane.virtio;

import io.backplane.aio.AioContext;
import io.backplane.aio.AnyThread;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.Coroutine;
import io.backplane.aio.EventNotifier;
import io.backplane.aio.FdHandler;
import io.backplane.aio.IoCode;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.RunnerLoop;
import io.backplane.aio.Suspends;
import java.util.function.Consumer;

/**
 * Drives one queue of a device in its home context: from a kick to the last request in the ring.
 *
 * <p>It processes only while it holds its {@link RunToken}. The kick notifier is watched exactly
 * while the queue is started and the token is held; whenever both become true, notifications are
 * switched on and the ring is looked at once by ourselves, so that a request that came in between
 * needs no further kick. A run takes at most {@link #BUDGET} requests before it lets everything
 * else in the context have its turn.
 *
 * <p>If the handler breaks its contract (an exception of its own, an assertion, an endless
 * recursion, classes that do not fit, a request without an answer) the runner takes no request any
 * more, the request goes back to where it was before it was taken, and whoever owns the runner is
 * told. Without an owner who wants to know, the device is broken.
 *
 * <p>Start and stop belong to the transport and happen in the home context. The device has one
 * runner a queue for its whole life; each start brings a new {@link VirtQueue}.
 */
public final class QueueRunner implements AutoCloseable {
    /** Most requests taken in one run. */
    public static final int BUDGET = 512;

    private static final org.slf4j.Logger LOG =
            org.slf4j.LoggerFactory.getLogger(QueueRunner.class);

    // Immutable
    private final AioContext home;
    private final String name;
    private final QueueHandler handler;
    private final RunnerLoop loop;
    private final BottomHalf sync;
    private final BottomHalf goOn;
    private final RunToken token;
    private final Runnable idle = this::wakeStopper;

    // Home context writes, any thread reads
    private volatile boolean inside;

    // Home context only
    private VirtQueue queue;
    private EventNotifier kick;
    private FdHandler watch;
    private int budget;
    private Coroutine stopper;
    private VirtQueue stopping;
    private boolean faulty;

    // Written before the first start
    private Consumer<Throwable> faultListener;

    /**
     * A stopped queue that holds its token.
     *
     * @param name for operators, such as {@code disk0 queue 1}
     */
    @AnyThread
    public QueueRunner(AioContext home, String name, QueueHandler handler) {
        this.home = home;
        this.name = name;
        this.handler = handler;
        this.loop = new RunnerLoop(home, this::step, this::rest);
        this.sync = home.newBottomHalf(name + " sync", this::reconcile);
        this.goOn = home.newBottomHalf(name + " go on", this::kicked);
        this.token = new RunToken(sync::schedule);
    }

    /** Where it runs. */
    @AnyThread
    public AioContext home() {
        return home;
    }

    /** The right to run. */
    @AnyThread
    public RunToken token() {
        return token;
    }

    /**
     * Who is told, once, in the home context, what the handler threw; it must not suspend. Before
     * the first start.
     */
    @AnyThread
    public void faultListener(@NoSuspend Consumer<Throwable> listener) {
        faultListener = listener;
    }

    /** Whether it is taking requests at this moment; requests in flight do not count. */
    @AnyThread
    public boolean isInside() {
        return inside;
    }

    /** The queue while it is started, else null. Home context. */
    @IoCode
    public VirtQueue queue() {
        return queue;
    }

    /**
     * Starts processing, now or when the token comes back. Home context.
     *
     * @param newKick stays open until {@link #awaitStop} returns; null: nobody kicks
     */
    @IoCode
    public void start(VirtQueue newQueue, EventNotifier newKick) {
        assert home.isCurrent() : "start outside the home context";
        if (queue != null) {
            throw new IllegalStateException(name + " is started already");
        }
        queue = newQueue;
        kick = newKick;
        newQueue.idleListener(idle);
        reconcile();
    }

    /**
     * Stops processing and waits until the last request taken has been given back. Home context.
     *
     * @return the queue as it was left; null if it was not started
     */
    @Suspends
    @IoCode
    public VirtQueue awaitStop() {
        assert home.isCurrent() : "stop outside the home context";
        VirtQueue stopped = queue;
        if (stopped == null) {
            return null;
        }
        queue = null;
        kick = null;
        reconcile();
        stopping = stopped;
        while (inside || stopped.inUse() > 0) {
            stopper = Coroutine.current();
            Coroutine.suspend();
        }
        stopping = null;
        stopped.idleListener(null);
        return stopped;
    }

    /** Ends for good; the queue is stopped. */
    @Override
    @AnyThread
    public void close() {
        sync.close();
        goOn.close();
    }

    /** Makes what is watched follow from what is started and who holds the token. */
    private void reconcile() {
        boolean run = queue != null && token.isHeld() && !faulty;
        if (!run && watch != null) {
            watch.close();
            watch = null;
        }
        if (run) {
            VirtQueue started = queue;
            if (watch == null && kick != null) {
                watch = home.watch(kick, name + " kick", this::kicked, started::hasWork);
            }
            // also if it is watched already: a run may have left in between, for want of a token
            // that was taken and given back before we came here
            loop.kick();
        }
    }

    private void kicked() {
        if (queue != null) {
            loop.kick();
        }
    }

    private boolean step() {
        if (!inside && !enter()) {
            return false;
        }
        VirtQueue now = queue;
        if (now == null || !canTake(now)) {
            return leave();
        }
        if (--budget < 0) {
            goOn.schedule();
            return leave();
        }
        VirtQueueElement element = now.pop();
        if (element == null) {
            return listen(now) || leave();
        }
        handle(now, element);
        return true;
    }

    private boolean canTake(VirtQueue now) {
        return token.isHeld() && !now.isBroken() && !faulty;
    }

    private boolean enter() {
        if (faulty) {
            wakeStopper();
            return false;
        }
        inside = true;
        try {
            handler.enter();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError bug) {
            inside = false;
            fault(queue, bug);
            wakeStopper();
            return false;
        }
        budget = BUDGET;
        if (queue != null) {
            queue.disableNotifications();
            queue.holdInterrupts(true);
        }
        return true;
    }

    private void handle(VirtQueue now, VirtQueueElement element) {
        long taken = element.takenCount();
        try {
            handler.handle(element);
            if (!element.isOut() || element.takenCount() != taken) {
                return;
            }
            if (!now.isBroken()) {
                noAnswer(now, element);
            }
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError bug) {
            if (fault(now, bug) && element.isOut() && element.takenCount() == taken) {
                now.takeBack(element);
            }
        } catch (InternalError vanished) {
            now.fail("guest memory has vanished");
        } catch (Error host) {
            LOG.error("{} fails", name, host);
            now.fail("internal error, see the log");
        }
        if (element.isOut() && element.takenCount() == taken) {
            element.close();
        }
    }

    private void noAnswer(VirtQueue now, VirtQueueElement element) {
        if (fault(now, new AssertionError("request " + element.head() + " of " + name
                + " has no answer"))) {
            now.takeBack(element);
        }
    }

    /** The handler breaks its contract; whether its device is not broken by that. */
    private boolean fault(VirtQueue now, Throwable bug) {
        if (faultListener == null) {
            LOG.error("bug: {} fails", name, bug);
            if (now != null) {
                now.fail("internal error, see the log");
            }
            return false;
        }
        if (!faulty) {
            faulty = true;
            sync.schedule();
            faultListener.accept(bug);
        }
        return true;
    }

    /** A request suspends: ends the run if there is no other. */
    private boolean rest() {
        VirtQueue now = queue;
        if (now != null && canTake(now) && (now.hasWork() || listen(now))) {
            return false;
        }
        leave();
        return true;
    }

    /** Switches notifications on; whether there is something to take already. */
    private static boolean listen(VirtQueue now) {
        now.holdInterrupts(true);
        return now.enableNotifications();
    }

    /** Ends a run; false, as the step of the loop that ends it. */
    private boolean leave() {
        VirtQueue now = queue != null ? queue : stopping;
        if (now != null) {
            now.holdInterrupts(false);
        }
        inside = false;
        try {
            handler.leave();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError bug) {
            fault(now, bug);
        }
        wakeStopper();
        return false;
    }

    private void wakeStopper() {
        Coroutine waiter = stopper;
        if (waiter != null && !inside && stopping.inUse() == 0) {
            stopper = null;
            waiter.wake();
        }
    }
}
