package io.backplane.virtio.transport;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** A device behind a transport. Its model may change under it; it stays. */
@ProviderType
public interface VirtioPort {

    /** The name of the device. */
    @AnyThread
    String id();

    /** Its type. */
    @AnyThread
    String type();

    /** Where guests connect, for people. */
    @AnyThread
    String address();

    /** Whether a guest is connected now. */
    @AnyThread
    boolean hasGuest();

    /** Node-name of its disk; null: it has none. */
    @AnyThread
    String nodeName();

    /** Version of the bundle whose model serves it; null while it waits for one. */
    @GlobalState
    String modelVersion();

    /** The changes of its model, oldest first; only so many are kept. */
    @GlobalState
    List<Swap> history();

    /** Disconnects the guest, waits for its requests, closes device and disk. Called once. */
    @GlobalState
    @Suspends
    void awaitClose();

    /**
     * One change of a model.
     *
     * @param from version of the bundle before
     * @param to version of the bundle since
     * @param pauseNs how long the device took no requests, in nanoseconds
     * @param inFlight how many requests were waited for
     */
    record Swap(String from, String to, long pauseNs, int inFlight) {
    }
}
