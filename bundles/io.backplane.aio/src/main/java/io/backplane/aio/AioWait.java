package io.backplane.aio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/**
 * Waiting for a condition that other threads change: {@link #awaitWhile} suspends, {@link #kick}
 * makes it look again.
 *
 * <p>Protocol (no lost kick): the waiter arms itself, then reads the condition; the changer changes
 * the condition, then reads whether anybody is armed. Both sides have a full fence between their
 * write and their read, so at least one of them sees the other.
 */
public final class AioWait {
    private static final class Waiter {
        private static final VarHandle ARMED;

        static {
            try {
                ARMED = MethodHandles.lookup().findVarHandle(Waiter.class, "armed", boolean.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        final Coroutine coroutine = Coroutine.current();
        volatile boolean armed;

        boolean disarm() {
            return ARMED.compareAndSet(this, true, false);
        }
    }

    // Immutable
    private final AioContext home;

    // Any thread
    private final CopyOnWriteArrayList<Waiter> waiters = new CopyOnWriteArrayList<>();

    /**
     * @param home the context besides main where {@link #awaitWhile} is allowed; null: only main
     */
    public AioWait(AioContext home) {
        this.home = home;
    }

    /**
     * Suspends until {@code condition} is false.
     *
     * @param condition read in the caller's context, often; no side effects, does not suspend
     * @throws IllegalStateException outside a coroutine, or outside main and the home context
     */
    @Suspends
    @IoOrGlobalState
    public void awaitWhile(BooleanSupplier condition) {
        awaitWhile(condition, null);
    }

    /**
     * As {@link #awaitWhile(BooleanSupplier)}, and tells what the wait is for.
     *
     * @param reason what operators and the search for deadlocks see; null: nothing
     */
    @Suspends
    @IoOrGlobalState
    public void awaitWhile(BooleanSupplier condition, Awaited reason) {
        AioContext here = AioContext.current();
        if (!here.isMain() && here != home) {
            throw new IllegalStateException("awaitWhile in context " + here.name()
                    + ": allowed in main" + (home == null ? "" : " and " + home.name()) + " only");
        }
        Waiter waiter = new Waiter();
        waiters.add(waiter);
        Awaited before = waiter.coroutine.awaits(reason);
        try {
            while (arm(waiter, condition)) {
                Coroutine.suspend();
            }
        } finally {
            waiter.coroutine.awaitsAgain(before);
            waiters.remove(waiter);
            if (!waiter.disarm()) {
                Coroutine.suspend(); // a kick is on its way: take it
            }
        }
    }

    private static boolean arm(Waiter waiter, BooleanSupplier condition) {
        waiter.armed = true;
        VarHandle.fullFence();
        return condition.getAsBoolean();
    }

    /** Makes every waiter look at its condition again. */
    @AnyThread
    public void kick() {
        VarHandle.fullFence();
        if (waiters.isEmpty()) {
            return;
        }
        for (Waiter waiter : waiters) {
            if (waiter.disarm()) {
                waiter.coroutine.wake();
            }
        }
    }
}
