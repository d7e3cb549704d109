package io.backplane.loop;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * JFR event: one turn of an event loop, its waiting included. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
final class LoopTurnEvent {
    // Immutable
    private final Recorded recorded = new Recorded();

    private LoopTurnEvent() {
    }

    /** One that begins now; null while nobody records. */
    static LoopTurnEvent start() {
        if (!FlightRecorder.isInitialized() || !Recorded.PROBE.isEnabled()) {
            return null;
        }
        LoopTurnEvent event = new LoopTurnEvent();
        event.recorded.begin();
        return event;
    }

    /** The turn is over. */
    void end(String name, long turnCount, int eventCount, long dispatchNs) {
        recorded.end();
        if (recorded.shouldCommit()) {
            recorded.context = name;
            recorded.turn = turnCount;
            recorded.events = eventCount;
            recorded.dispatch = dispatchNs;
            recorded.commit();
        }
    }

    /** Apart, so that the recorder learns of it with the first recording: that takes it long. */
    @Name("backplane.LoopTurn")
    @Label("Event loop turn")
    @Category("Backplane")
    @Enabled(false)
    @StackTrace(false)
    private static final class Recorded extends Event {
        static final Recorded PROBE = new Recorded();

        @Label("Context")
        private String context;
        @Label("Turn")
        private long turn;
        @Label("Events, fd callbacks and completions")
        private int events;
        @Label("Time in callbacks and coroutines")
        @Timespan(Timespan.NANOSECONDS)
        private long dispatch;
    }
}
