package io.backplane.virtio;

import io.backplane.aio.AnyThread;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Whether one device is broken: set by the first violation, whichever queue finds it, and cleared
 * by nothing. A reset makes new queues with a new instance.
 */
@AnyThread
public final class Health {
    // Immutable
    private final Consumer<String> listener;

    // Any thread
    private final AtomicBoolean told = new AtomicBoolean();
    private volatile boolean broken;

    /** @param listener told once, on the thread that finds the violation; does not suspend */
    public Health(Consumer<String> listener) {
        this.listener = listener;
    }

    /** Whether the device is broken. */
    public boolean isBroken() {
        return broken;
    }

    /** Says that the device is broken, and why. */
    public void fail(String reason) {
        broken = true;
        if (told.compareAndSet(false, true)) {
            listener.accept(reason);
        }
    }
}
