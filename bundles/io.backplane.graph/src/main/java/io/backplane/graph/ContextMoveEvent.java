package io.backplane.graph;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * JFR event: a connected part of the graph moved, its drain included. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
@Name("backplane.ContextMove")
@Label("Context move")
@Category("Backplane")
@Enabled(false)
@StackTrace(false)
final class ContextMoveEvent extends Event {
    private static final ContextMoveEvent PROBE = new ContextMoveEvent();

    @Label("Moved by")
    private String backend;
    @Label("From")
    private String from;
    @Label("To")
    private String to;
    @Label("Nodes")
    private int nodes;


    private ContextMoveEvent() {
    }

    /** One that begins now; null while nobody records. */
    static ContextMoveEvent start() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        ContextMoveEvent event = new ContextMoveEvent();
        event.begin();
        return event;
    }

    /** It has moved. */
    void end(String mover, String oldContext, String newContext, int nodeCount) {
        end();
        if (shouldCommit()) {
            backend = mover;
            from = oldContext;
            to = newContext;
            nodes = nodeCount;
            commit();
        }
    }
}
