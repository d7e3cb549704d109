package io.backplane.device.virtio.blk;

import io.backplane.aio.Coroutine;
import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * JFR event: a request of the guest, joined with other storeys by its id. Off unless a recording asks
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
    static void end(RequestEvent event, String device, long type, long offset, long bytes) {
        if (event != null) {
            event.end(device, type, offset, bytes);
        }
    }

    private void end(String device, long type, long from, long length) {
        end();
        if (shouldCommit()) {
            storey = "device";
            target = device;
            requestId = Coroutine.current().requestId();
            verb = name(type);
            offset = from;
            bytes = length;
            commit();
        }
    }

    private static String name(long type) {
        return type == VirtioBlkRequest.TYPE_IN ? "read"
                : type == VirtioBlkRequest.TYPE_OUT ? "write"
                : type == VirtioBlkRequest.TYPE_FLUSH ? "flush" : "type " + type;
    }
}
