package io.backplane.job;

import io.backplane.aio.GlobalState;

/** Told of changes of state, in main. */
@FunctionalInterface
public interface JobListener {
    /** The job's state is another one now. */
    @GlobalState
    void changed(Job job);
}
