package io.backplane.job;

import io.backplane.aio.AioWait;
import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A long operation with the states of {@link JobStatus}. Main only. */
@GlobalState
@NoSuspend
public final class Job {
    private static final Logger LOG = LoggerFactory.getLogger(Job.class);
    private static final String CANCELLED = "Operation canceled";

    // Immutable
    private final Jobs jobs;
    private final JobRequest request;
    private final JobWork work;
    private final AioWait wait = new AioWait(null);

    // Global state
    private JobStatus status = JobStatus.UNDEFINED;
    private long speed;
    private boolean cancelled;
    private boolean paused;
    private boolean completed;
    private boolean finalizing;
    private String error;

    // The work writes, any thread reads
    private volatile long done;
    private volatile long total;

    Job(Jobs jobs, JobRequest request, JobWork work) {
        this.jobs = jobs;
        this.request = request;
        this.work = work;
    }

    /** Its name. */
    public String id() {
        return request.id();
    }

    /** What kind of job it is. */
    public String type() {
        return request.type();
    }

    /** Its state. */
    public JobStatus status() {
        return status;
    }

    /** Progress so far. */
    public long done() {
        return done;
    }

    /** Progress at the end, as far as known. */
    public long total() {
        return total;
    }

    /** Bytes a second it may do at most; 0: any number. */
    public long speed() {
        return speed;
    }

    /** Why it failed; null: it did not, or not yet. */
    public String error() {
        return error;
    }

    /** Whether it was asked to end before it is done. */
    public boolean isCancelled() {
        return cancelled;
    }

    JobRequest request() {
        return request;
    }

    boolean heeds(JobStatus.Verb verb) {
        return work.verbs().contains(verb);
    }

    // For the work

    /** Says how far it is; called by the work, wherever that runs. */
    @AnyThread
    public void progress(long newDone, long newTotal) {
        done = newDone;
        total = newTotal;
    }

    /**
     * Where the work may stand still: waits while it is paused.
     *
     * @throws BlockException CANCELLED if it is to end; the work passes it on
     */
    @Suspends
    public void awaitPausePoint() throws BlockException {
        if (paused && !cancelled) {
            become(JobStatus.PAUSED);
            wait.awaitWhile(() -> paused && !cancelled);
            become(JobStatus.RUNNING);
        }
        checkCancelled();
    }

    /**
     * Is ready until somebody completes it.
     *
     * @throws BlockException CANCELLED if it is to end instead
     */
    @Suspends
    public void awaitComplete() throws BlockException {
        become(JobStatus.READY);
        while (!completed && !cancelled) {
            if (paused) {
                become(JobStatus.STANDBY);
                wait.awaitWhile(() -> paused && !completed && !cancelled);
                become(JobStatus.READY);
            } else {
                wait.awaitWhile(() -> !paused && !completed && !cancelled);
            }
        }
        checkCancelled();
    }

    private void checkCancelled() throws BlockException {
        if (cancelled) {
            throw new BlockException(BlockException.Kind.CANCELLED, CANCELLED);
        }
    }

    // For the jobs

    void created() {
        become(JobStatus.CREATED);
    }

    boolean isPaused() {
        return paused;
    }

    void pause(boolean whether) {
        paused = whether;
        wait.kick();
    }

    void speed(long bytesPerSecond) {
        speed = bytesPerSecond;
        wait.kick();
    }

    void complete() {
        completed = true;
        wait.kick();
    }

    /** Asks for the end. */
    void cancel() {
        if (finalizing) {
            return; // too late
        }
        cancelled = true;
        wait.kick();
        if (status == JobStatus.WAITING || status == JobStatus.PENDING) {
            jobs.abortLater(this);
        }
    }

    /** Does the work, up to waiting or to the end. */
    @Suspends
    void awaitRun() {
        become(JobStatus.RUNNING);
        fail(attempt(() -> work.awaitRun(this)));
        if (cancelled) {
            fail(CANCELLED);
        }
        if (error != null) {
            awaitAbort();
            return;
        }
        total = Math.max(total, 1);
        done = total;
        become(JobStatus.WAITING);
        jobs.awaitSettle(this);
    }

    void finalizing() {
        finalizing = true;
    }

    void notFinalizing() {
        finalizing = false;
    }

    @Suspends
    void awaitClean() {
        attempt(() -> work.awaitClean(this));
        conclude();
    }

    void pending() {
        become(JobStatus.PENDING);
    }

    /** Whether what was done is final. */
    @Suspends
    boolean awaitCommit() {
        fail(attempt(() -> work.awaitCommit(this)));
        return error == null;
    }

    @Suspends
    void awaitAbort() {
        fail(CANCELLED);
        become(JobStatus.ABORTING);
        jobs.abortOthers(this);
        attempt(() -> work.awaitAbort(this));
        conclude();
    }

    void conclude() {
        become(JobStatus.CONCLUDED);
        if (request.autoDismiss()) {
            become(JobStatus.NULL);
        }
    }

    void dismiss() {
        become(JobStatus.NULL);
    }

    private interface Step {
        @Suspends
        void awaitDone() throws BlockException;
    }

    /** What went wrong, in words; null: nothing. */
    @Suspends
    private String attempt(Step step) {
        try {
            step.awaitDone();
            return null;
        } catch (BlockException e) {
            return e.getMessage();
        } catch (RuntimeException | AssertionError e) {
            LOG.error("bug: job {} failed", id(), e);
            return "internal error: " + e;
        }
    }

    private void fail(String why) {
        error = error == null ? why : error;
    }

    private void become(JobStatus next) {
        assert status.mayBecome(next) : "job " + id() + " from " + status + " to " + next;
        status = next;
        jobs.changed(this);
    }
}
