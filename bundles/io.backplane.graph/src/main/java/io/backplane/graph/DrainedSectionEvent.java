package io.backplane.graph;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * JFR event: a drained section, from its begin to its end. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
final class DrainedSectionEvent {
    // Immutable
    private final Recorded recorded = new Recorded();

    private DrainedSectionEvent() {
    }

    /** One that begins now; null while nobody records. */
    static DrainedSectionEvent start() {
        if (!FlightRecorder.isInitialized() || !Recorded.PROBE.isEnabled()) {
            return null;
        }
        DrainedSectionEvent event = new DrainedSectionEvent();
        event.recorded.begin();
        return event;
    }

    /** The section is closed. */
    void end(long id, String drained, String asker, long waitNs) {
        recorded.end();
        if (recorded.shouldCommit()) {
            recorded.section = id;
            recorded.nodes = drained;
            recorded.owner = asker;
            recorded.wait = waitNs;
            recorded.commit();
        }
    }

    /** Apart, so that the recorder learns of it with the first recording: that takes it long. */
    @Name("backplane.DrainedSection")
    @Label("Drained section")
    @Category("Backplane")
    @Enabled(false)
    @StackTrace(false)
    private static final class Recorded extends Event {
        static final Recorded PROBE = new Recorded();

        @Label("Section")
        private long section;
        @Label("Nodes")
        private String nodes;
        @Label("Asked by")
        private String owner;
        @Label("Time until nothing was in flight")
        @Timespan(Timespan.NANOSECONDS)
        private long wait;
    }
}
