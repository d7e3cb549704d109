package io.backplane.aio;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * JFR event: a coroutine was suspended. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
@Name("backplane.CoroutineSuspension")
@Label("Coroutine suspension")
@Category("Backplane")
@Enabled(false)
@StackTrace(false)
final class CoroutineSuspensionEvent extends Event {
    private static final CoroutineSuspensionEvent PROBE = new CoroutineSuspensionEvent();

    @Label("Coroutine")
    private String coroutine;
    @Label("Context")
    private String context;
    @Label("Request id")
    private long requestId;
    @Label("Waited for")
    private String waitedFor;


    private CoroutineSuspensionEvent() {
    }

    /** One that begins now; null while nobody records. */
    static CoroutineSuspensionEvent start() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        CoroutineSuspensionEvent event = new CoroutineSuspensionEvent();
        event.begin();
        return event;
    }

    /** The coroutine goes on. */
    void end(Coroutine of) {
        end();
        if (shouldCommit()) {
            coroutine = of.name();
            context = of.context().name();
            requestId = of.requestId();
            Awaited reason = of.awaited();
            waitedFor = reason == null ? null : reason.describe();
            commit();
        }
    }
}
