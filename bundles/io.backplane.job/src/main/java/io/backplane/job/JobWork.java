package io.backplane.job;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import java.util.Set;

/** What a job does. */
@FunctionalInterface
public interface JobWork {
    /**
     * Does it, in a coroutine of main.
     *
     * @throws BlockException it failed; {@link #awaitAbort} follows
     */
    @Suspends
    @GlobalState
    void awaitRun(Job job) throws BlockException;

    /**
     * Makes final what was done; all jobs of the group are done.
     *
     * @throws BlockException it cannot; all of the group abort
     */
    @Suspends
    @GlobalState
    default void awaitCommit(Job job) throws BlockException {
    }

    /** After all of the group have committed: tidies up what only a way back needed. */
    @Suspends
    @GlobalState
    default void awaitClean(Job job) {
    }

    /** Takes back what was done, as far as it can be: it failed, was cancelled, or another did. */
    @Suspends
    @GlobalState
    default void awaitAbort(Job job) {
    }

    /** The verbs it heeds besides cancel, finalize and dismiss. */
    @AnyThread
    default Set<JobStatus.Verb> verbs() {
        return Set.of();
    }
}
