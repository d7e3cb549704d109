package io.backplane.aio;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * JFR event: a request passed a storey (a device, a backend, a node), joined with the others by its
 * id. Off unless a recording asks for it; then the cost is the test of one static flag, and nothing
 * is made.
 */
public final class RequestEvent {
    // Immutable
    private final Recorded recorded = new Recorded();

    private RequestEvent() {
    }

    /** One that begins now; null while nobody records. */
    @AnyThread
    public static RequestEvent start() {
        if (!FlightRecorder.isInitialized() || !Recorded.PROBE.isEnabled()) {
            return null;
        }
        RequestEvent event = new RequestEvent();
        event.recorded.begin();
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
    public static void end(RequestEvent event, String storey, String target, String verb,
            long offset, long bytes) {
        if (event != null) {
            event.end(storey, target, verb, offset, bytes);
        }
    }

    private void end(String ofStorey, String ofTarget, String ofVerb, long from, long length) {
        recorded.end();
        if (recorded.shouldCommit()) {
            recorded.storey = ofStorey;
            recorded.target = ofTarget;
            recorded.requestId = Coroutine.current().requestId();
            recorded.verb = ofVerb;
            recorded.offset = from;
            recorded.bytes = length;
            recorded.commit();
        }
    }

    /** Apart, so that the recorder learns of it with the first recording: that takes it long. */
    @Name("backplane.Request")
    @Label("Request")
    @Category("Backplane")
    @Enabled(false)
    @StackTrace(false)
    private static final class Recorded extends Event {
        static final Recorded PROBE = new Recorded();

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
    }
}
