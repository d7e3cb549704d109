package io.backplane.export;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import org.osgi.annotation.versioning.ConsumerType;

/** A running export. */
@ConsumerType
public interface Export {

    /** Its id. */
    @AnyThread
    String id();

    /** Its type. */
    @AnyThread
    String type();

    /** Node-name of what it exports. */
    @AnyThread
    String nodeName();

    /** Whether a client is connected now. */
    @AnyThread
    boolean hasClient();

    /** Where clients connect, for people. */
    @AnyThread
    String address();

    /**
     * Disconnects clients, and leaves unanswered what has not begun if they can ask for it again
     * when they come back. {@link #awaitClose} follows; nothing is waited for here.
     */
    @GlobalState
    default void letGo() {
    }

    /** Disconnects clients, waits for their requests, closes its backend. Called once. */
    @GlobalState
    @Suspends
    void awaitClose();
}
