package io.backplane.aio;

import java.util.function.BooleanSupplier;

/**
 * Takes item after item from a source in one coroutine; when an item suspends, another coroutine
 * goes on with the next one. What never suspends thus pays no coroutine switch.
 *
 * <p>At most one coroutine at a time calls the step to take a new item. A step takes one item,
 * handles it to its end, and returns true; it returns false when there is none left, and then
 * {@link #kick} starts it again. Home context only.
 */
public final class RunnerLoop {
    // Immutable
    private final AioContext home;
    private final BooleanSupplier step;
    private final BooleanSupplier rest;
    private final Runnable body = this::run;
    private final Runnable goOn = this::handOff;

    // Home context only
    private boolean running;
    private boolean again;

    /** A loop over {@code step} in {@code home}, not yet running. */
    public RunnerLoop(AioContext home, @Suspends BooleanSupplier step) {
        this(home, step, () -> false);
    }

    /**
     * A loop that spares itself a coroutine when an item suspends and there is no other.
     *
     * @param rest called when an item suspends: true if nothing is left and the step need not be
     *     asked, as after a step that returned false; must not suspend
     */
    public RunnerLoop(AioContext home, @Suspends BooleanSupplier step,
            @NoSuspend BooleanSupplier rest) {
        this.home = home;
        this.step = step;
        this.rest = rest;
    }

    /** Makes sure that items are being taken; call it after adding the first. */
    @IoOrGlobalState
    @NoSuspend
    public void kick() {
        if (running) {
            again = true;
        } else {
            running = true;
            home.coroutines().start(body);
        }
    }

    /** Whether a coroutine takes items now. */
    @IoOrGlobalState
    @NoSuspend
    public boolean isRunning() {
        return running;
    }

    private void run() {
        Coroutine self = Coroutine.current();
        for (;;) {
            self.handOff(goOn);
            again = false;
            self.nextItem();
            boolean more = step.getAsBoolean();
            if (!self.handOff(null)) {
                return; // it suspended on the way: another runner has the loop
            }
            if (!more && !again) {
                running = false;
                return;
            }
        }
    }

    private void handOff() {
        if (!again && rest.getAsBoolean()) {
            running = false;
        } else {
            home.coroutines().start(body);
        }
    }
}
