package io.backplane.block.backend;

import io.backplane.aio.GlobalState;

/** How a device publishes its {@link BlockDevOps}: as an OSGi service, or directly in plain Java. */
@FunctionalInterface
public interface BlockDevOpsPublisher {

    /** Takes a publication back. */
    interface Publication extends AutoCloseable {
        @Override
        @GlobalState
        void close();
    }

    /** Publishes {@code ops} for the backend called {@code backendName}. */
    @GlobalState
    Publication publish(String backendName, BlockDevOps ops);
}
