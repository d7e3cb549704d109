package io.backplane.graph;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * JFR event: a connected part of the graph moved, its drain included. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
final class ContextMoveEvent {
    // Immutable
    private final Recorded recorded = new Recorded();

    private ContextMoveEvent() {
    }

    /** One that begins now; null while nobody records. */
    static ContextMoveEvent start() {
        if (!FlightRecorder.isInitialized() || !Recorded.PROBE.isEnabled()) {
            return null;
        }
        ContextMoveEvent event = new ContextMoveEvent();
        event.recorded.begin();
        return event;
    }

    /** It has moved. */
    void end(String mover, String oldContext, String newContext, int nodeCount) {
        recorded.end();
        if (recorded.shouldCommit()) {
            recorded.backend = mover;
            recorded.from = oldContext;
            recorded.to = newContext;
            recorded.nodes = nodeCount;
            recorded.commit();
        }
    }

    /** Apart, so that the recorder learns of it with the first recording: that takes it long. */
    @Name("backplane.ContextMove")
    @Label("Context move")
    @Category("Backplane")
    @Enabled(false)
    @StackTrace(false)
    private static final class Recorded extends Event {
        static final Recorded PROBE = new Recorded();

        @Label("Moved by")
        private String backend;
        @Label("From")
        private String from;
        @Label("To")
        private String to;
        @Label("Nodes")
        private int nodes;
    }
}
