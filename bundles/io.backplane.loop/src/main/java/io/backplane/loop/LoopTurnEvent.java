package io.backplane.loop;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * JFR event: one turn of an event loop, its waiting included. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
@Name("backplane.LoopTurn")
@Label("Event loop turn")
@Category("Backplane")
@Enabled(false)
@StackTrace(false)
final class LoopTurnEvent extends Event {
    private static final LoopTurnEvent PROBE = new LoopTurnEvent();

    @Label("Context")
    private String context;
    @Label("Turn")
    private long turn;
    @Label("Events, fd callbacks and completions")
    private int events;
    @Label("Time in callbacks and coroutines")
    @Timespan(Timespan.NANOSECONDS)
    private long dispatch;


    private LoopTurnEvent() {
    }

    /** One that begins now; null while nobody records. */
    static LoopTurnEvent start() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        LoopTurnEvent event = new LoopTurnEvent();
        event.begin();
        return event;
    }

    /** The turn is over. */
    void end(String name, long turnCount, int eventCount, long dispatchNs) {
        end();
        if (shouldCommit()) {
            context = name;
            turn = turnCount;
            events = eventCount;
            dispatch = dispatchNs;
            commit();
        }
    }
}
