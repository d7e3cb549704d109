package io.backplane.graph;

import io.backplane.aio.Coroutine;
import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * JFR event: a request passed a backend or a node, joined with other storeys by its id. Off unless a recording asks
 * for it; then the cost is the test of one static flag, and nothing is made.
 */
@Name("backplane.Request")
@Label("Request")
@Category("Backplane")
@Enabled(false)
@StackTrace(false)
final class RequestEvent extends Event {
    private static final RequestEvent PROBE = new RequestEvent();

    @Label("Storey")
    private String storey;
    @Label("Name in its storey")
    private String target;
    @Label("Request id")
    private long requestId;
    @Label("Verb")
    private String verb;
    @Label("Offset in bytes")
    private long offset;
    @Label("Bytes")
    private long bytes;


    private RequestEvent() {
    }

    /** One that begins now; null while nobody records. */
    static RequestEvent start() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        RequestEvent event = new RequestEvent();
        event.begin();
        return event;
    }

    /** The request is done; {@code event} is what {@link #start} gave. */
    static void end(RequestEvent event, String storey, String target, String verb, long offset,
            long bytes) {
        if (event != null) {
            event.end(storey, target, verb, offset, bytes);
        }
    }

    private void end(String ofStorey, String ofTarget, String ofVerb, long from, long length) {
        end();
        if (shouldCommit()) {
            storey = ofStorey;
            target = ofTarget;
            requestId = Coroutine.current().requestId();
            verb = ofVerb;
            offset = from;
            bytes = length;
            commit();
        }
    }
}
