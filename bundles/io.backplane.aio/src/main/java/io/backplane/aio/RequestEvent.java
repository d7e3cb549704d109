package io.backplane.aio;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * JFR event: a request passed a storey (a device, a backend, a node), joined with the others by its
 * id. Off unless a recording asks for it; then the cost is the test of one static flag, and nothing
 * is made.
 */
@Name("backplane.Request")
@Label("Request")
@Category("Backplane")
@Enabled(false)
@StackTrace(false)
public final class RequestEvent extends Event {
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
    @AnyThread
    public static RequestEvent start() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        RequestEvent event = new RequestEvent();
        event.begin();
        return event;
    }

    /**
     * The request is done.
     *
     * @param event what {@link #start} gave
     * @param storey such as {@code device}
     * @param target its name in the storey
     * @param verb such as {@code read}
     * @param offset start in bytes
     * @param bytes length in bytes
     */
    @AnyThread
    public static void end(RequestEvent event, String storey, String target, String verb, long offset,
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
