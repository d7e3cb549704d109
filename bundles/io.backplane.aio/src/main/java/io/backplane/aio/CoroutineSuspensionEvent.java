package io.backplane.aio;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * JFR event: a coroutine was suspended. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
final class CoroutineSuspensionEvent {
    // Immutable
    private final Recorded recorded = new Recorded();

    private CoroutineSuspensionEvent() {
    }

    /** One that begins now; null while nobody records. */
    static CoroutineSuspensionEvent start() {
        if (!FlightRecorder.isInitialized() || !Recorded.PROBE.isEnabled()) {
            return null;
        }
        CoroutineSuspensionEvent event = new CoroutineSuspensionEvent();
        event.recorded.begin();
        return event;
    }

    /** The coroutine goes on. */
    void end(Coroutine of) {
        recorded.end();
        if (recorded.shouldCommit()) {
            recorded.coroutine = of.name();
            recorded.context = of.context().name();
            recorded.requestId = of.requestId();
            Awaited reason = of.awaited();
            recorded.waitedFor = reason == null ? null : reason.describe();
            recorded.commit();
        }
    }

    /** Apart, so that the recorder learns of it with the first recording: that takes it long. */
    @Name("backplane.CoroutineSuspension")
    @Label("Coroutine suspension")
    @Category("Backplane")
    @Enabled(false)
    @StackTrace(false)
    private static final class Recorded extends Event {
        static final Recorded PROBE = new Recorded();

        @Label("Coroutine")
        private String coroutine;
        @Label("Context")
        private String context;
        @Label("Request id")
        private long requestId;
        @Label("Waited for")
        private String waitedFor;
    }
}
