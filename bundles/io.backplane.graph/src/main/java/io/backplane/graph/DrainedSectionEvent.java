package io.backplane.graph;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * JFR event: a drained section, from its begin to its end. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
@Name("backplane.DrainedSection")
@Label("Drained section")
@Category("Backplane")
@Enabled(false)
@StackTrace(false)
final class DrainedSectionEvent extends Event {
    private static final DrainedSectionEvent PROBE = new DrainedSectionEvent();

    @Label("Section")
    private long section;
    @Label("Nodes")
    private String nodes;
    @Label("Asked by")
    private String owner;
    @Label("Time until nothing was in flight")
    @Timespan(Timespan.NANOSECONDS)
    private long wait;


    private DrainedSectionEvent() {
    }

    /** One that begins now; null while nobody records. */
    static DrainedSectionEvent start() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        DrainedSectionEvent event = new DrainedSectionEvent();
        event.begin();
        return event;
    }

    /** The section is closed. */
    void end(long id, String drained, String asker, long waitNs) {
        end();
        if (shouldCommit()) {
            section = id;
            nodes = drained;
            owner = asker;
            wait = waitNs;
            commit();
        }
    }
}
