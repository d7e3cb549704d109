package io.backplane.loop;

import io.backplane.aio.PollingOptions;

/**
 * How long a loop looks at memory before it sleeps. The window grows while events come a little too
 * late for it and shrinks when they come much too late; when it failed often in a row polling
 * pauses, longer each time. Home context only.
 */
final class AdaptivePolling {
    private static final long FIRST_NS = 4_000;
    private static final int GROW_DEFAULT = 2;
    private static final int FAILURES_MAX = 16;
    private static final int PAUSE_MAX = 1024;

    private final PollingOptions options;
    private long windowNs;
    private int failures;
    private int pause;
    private int pauseNext = FAILURES_MAX;

    AdaptivePolling(PollingOptions options) {
        this.options = options;
        this.windowNs = Math.min(FIRST_NS, options.maxNs());
    }

    boolean isOn() {
        return options.maxNs() > 0;
    }

    /** The window for the coming wait; 0: do not poll. */
    long windowNs() {
        if (pause > 0) {
            pause--;
            return 0;
        }
        return windowNs;
    }

    /** The window found work. */
    void hit() {
        failures = 0;
        pauseNext = FAILURES_MAX;
    }

    /** The loop slept after its window, and the whole wait took {@code blockedNs}. */
    void missed(long blockedNs) {
        if (blockedNs > options.maxNs()) {
            windowNs = options.shrink() == 0 ? 0 : windowNs / options.shrink();
        } else if (blockedNs > windowNs) {
            int grow = options.grow() == 0 ? GROW_DEFAULT : options.grow();
            windowNs = Math.min(options.maxNs(), windowNs == 0 ? FIRST_NS : windowNs * grow);
        }
        if (++failures >= FAILURES_MAX) {
            failures = 0;
            pause = pauseNext;
            pauseNext = Math.min(PAUSE_MAX, pauseNext * 2);
        }
    }
}
