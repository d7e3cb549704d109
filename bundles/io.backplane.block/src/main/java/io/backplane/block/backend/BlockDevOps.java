package io.backplane.block.backend;

import io.backplane.aio.AioContext;
import io.backplane.aio.GlobalState;
import io.backplane.aio.GraphWrlock;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The only way up: what the graph tells whoever is attached to a backend. Published as an OSGi
 * service with the property {@code backplane.backend} = the backend's name. All methods run in
 * main, outside a coroutine, and neither block nor nest. Who throws is detached and hears nothing
 * any more ({@link BlockBackend#ownerFaultListener}).
 */
@ConsumerType
public interface BlockDevOps {

    /** Stop submitting requests: revoke run tokens, detach notifiers. Calls nest. */
    @GlobalState
    void drainedBegin();

    /**
     * Whether a handler still runs elsewhere that may submit; false means quiet until the end. The
     * handler counts itself in the backend ({@link BlockBackend#incrementInFlight}): the end of the
     * count is what makes the drain look again.
     */
    @GlobalState
    boolean drainedPoll();

    /** Undoes one {@link #drainedBegin}; the last one re-attaches notifiers and kicks once. */
    @GlobalState
    void drainedEnd();

    /** The length changed; read it from the backend. */
    @GlobalState
    void resized();

    /** Whether the backend may move to {@code target}; one refusal and nothing moves. */
    @GlobalState
    @GraphWrlock
    default boolean allowsContext(AioContext target) {
        return true;
    }

    /** The backend's home context changed; called inside a drained section. */
    @GlobalState
    @GraphWrlock
    default void contextChanged(AioContext context) {
    }
}
