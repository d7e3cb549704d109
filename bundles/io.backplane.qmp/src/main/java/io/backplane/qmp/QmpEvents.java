package io.backplane.qmp;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import org.osgi.annotation.versioning.ProviderType;

/** Where events go; one service. */
@ProviderType
public interface QmpEvents {

    /** Gets events. */
    @FunctionalInterface
    interface Listener {
        /**
         * One event, in main, in order; must not suspend.
         *
         * @param tree the whole event object: timestamp, event, data
         */
        @GlobalState
        void event(java.util.Map<String, Object> tree);
    }

    /**
     * Sends an event to all who listen; from main at once, from elsewhere soon.
     *
     * @param data an instance of the type's record; null if it has none
     */
    @AnyThread
    void emit(QmpEventType type, Record data);

    /** Adds a listener; closing the result takes it back. */
    @AnyThread
    AutoCloseable listen(Listener listener);
}
