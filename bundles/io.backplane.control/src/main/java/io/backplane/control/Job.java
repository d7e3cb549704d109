package io.backplane.control;

import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import java.util.function.Consumer;

/**
 * A long-running operation with the states of {@link JobStatus}. Main only.
 *
 * <p>The work runs in one coroutine. When it returns, the job waits, is pending, and concludes
 * (at once with auto-finalize); when it throws, or the job was cancelled, it aborts and concludes.
 */
final class Job {
    /** What a job does. */
    @FunctionalInterface
    interface Work {
        @Suspends
        void awaitDone(Job job) throws BlockException;
    }

    private final String id;
    private final String type;
    private final boolean autoFinalize;
    private final boolean autoDismiss;
    private final Consumer<Job> changed;
    private JobStatus status = JobStatus.UNDEFINED;
    private long done;
    private long total;
    private boolean cancelled;
    private String error;

    /** @param changed told after each change of the state */
    Job(String id, String type, boolean autoFinalize, boolean autoDismiss,
            Consumer<Job> changed) {
        this.id = id;
        this.type = type;
        this.autoFinalize = autoFinalize;
        this.autoDismiss = autoDismiss;
        this.changed = changed;
        become(JobStatus.CREATED);
    }

    String id() {
        return id;
    }

    String type() {
        return type;
    }

    JobStatus status() {
        return status;
    }

    long done() {
        return done;
    }

    long total() {
        return total;
    }

    /** Why it failed; null: it did not, or not yet. */
    String error() {
        return error;
    }

    void progress(long newDone, long newTotal) {
        done = newDone;
        total = newTotal;
    }

    /** Runs the work from created to its conclusion; never throws what the work may throw. */
    @Suspends
    void awaitRun(Work work) {
        become(JobStatus.RUNNING);
        try {
            work.awaitDone(this);
            total = Math.max(total, 1);
            done = total;
        } catch (BlockException e) {
            error = e.getMessage();
        } catch (RuntimeException | AssertionError e) {
            org.slf4j.LoggerFactory.getLogger(Job.class).error("bug: job {} failed", id, e);
            error = "internal error: " + e;
        }
        if (error == null && cancelled) {
            error = "Operation canceled";
        }
        if (error != null) {
            abort();
            return;
        }
        become(JobStatus.WAITING);
        become(JobStatus.PENDING);
        if (autoFinalize) {
            conclude();
        }
    }

    /** Asks for the end; the work ends when it can, and what it did is not taken back. */
    void cancel() {
        cancelled = true;
        if (status == JobStatus.PENDING) {
            error = "Operation canceled";
            abort();
        }
    }

    /** Lets a pending job conclude. */
    void conclude() {
        become(JobStatus.CONCLUDED);
        if (autoDismiss) {
            become(JobStatus.NULL);
        }
    }

    private void abort() {
        become(JobStatus.ABORTING);
        conclude();
    }

    /** Forgets a concluded job. */
    void dismiss() {
        become(JobStatus.NULL);
    }

    private void become(JobStatus next) {
        assert status.mayBecome(next) : "job " + id + " from " + status + " to " + next;
        status = next;
        changed.accept(this);
    }
}
