package io.backplane.job;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.GlobalState;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The jobs there are. One service; main only. */
@GlobalState
@NoSuspend
public final class Jobs {
    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z][A-Za-z0-9._-]*");

    // Immutable
    private final AioContext main;
    private final JobListener listener;
    private final AioWait ended = new AioWait(null);

    // Global state
    private final Map<String, Job> jobs = new LinkedHashMap<>();

    /** @param listener told after each change of a state */
    public Jobs(AioContext main, JobListener listener) {
        this.main = main;
        this.listener = listener;
    }

    /** All jobs, in order of creation. */
    public List<Job> all() {
        return List.copyOf(jobs.values());
    }

    /**
     * Starts a job.
     *
     * @throws BlockException INVALID or EXISTS because of its name
     */
    public Job start(JobRequest request, JobWork work) throws BlockException {
        String id = request.id();
        if (!WELL_FORMED.matcher(id).matches()) {
            throw new BlockException(Kind.INVALID, "Invalid job ID '" + id + "'");
        }
        if (jobs.containsKey(id)) {
            throw new BlockException(Kind.EXISTS, "Job ID '" + id + "' already in use");
        }
        Job job = new Job(this, request, work);
        jobs.put(id, job);
        job.created();
        main.spawn(job::awaitRun);
        return job;
    }

    /** The job called {@code id}; null: there is none. */
    public Job find(String id) {
        return jobs.get(id);
    }

    /** The job called {@code id}. */
    public Job require(String id) throws BlockException {
        Job job = jobs.get(id);
        if (job == null) {
            throw new BlockException(Kind.NOT_FOUND, "Job not found");
        }
        return job;
    }

    /**
     * Does what a user asks of a job; returns before it is done.
     *
     * @throws BlockException INVALID in a state that does not accept it; UNSUPPORTED by that job
     */
    public void apply(Job job, JobStatus.Verb verb) throws BlockException {
        check(job, verb);
        switch (verb) {
            case CANCEL -> job.cancel();
            case DISMISS -> job.dismiss();
            case FINALIZE -> finalizeGroup(job);
            case PAUSE -> {
                if (job.isPaused()) {
                    throw new BlockException(Kind.INVALID, "Job is already paused");
                }
                job.pause(true);
            }
            case RESUME -> {
                if (!job.isPaused()) {
                    throw new BlockException(Kind.INVALID,
                            "Can't resume a job that was not paused");
                }
                job.pause(false);
            }
            case COMPLETE -> job.complete();
            case SET_SPEED, CHANGE -> throw new AssertionError(verb + " has a value");
        }
    }

    /** Sets the speed, in bytes a second; 0: any. */
    public void setSpeed(Job job, long bytesPerSecond) throws BlockException {
        check(job, JobStatus.Verb.SET_SPEED);
        if (bytesPerSecond < 0) {
            throw new BlockException(Kind.INVALID, "Speed must be a non-negative value");
        }
        job.speed(bytesPerSecond);
    }

    private static void check(Job job, JobStatus.Verb verb) throws BlockException {
        String word = verb.name().toLowerCase(Locale.ROOT).replace('_', '-');
        if (!job.status().accepts(verb)) {
            throw new BlockException(Kind.INVALID, "Job '" + job.id() + "' in state '"
                    + job.status().wireName() + "' cannot accept command verb '" + word + "'");
        }
        boolean always = switch (verb) {
            case CANCEL, FINALIZE, DISMISS -> true;
            case PAUSE, RESUME, SET_SPEED, CHANGE, COMPLETE -> false;
        };
        if (!always && !job.heeds(verb)) {
            throw new BlockException(Kind.UNSUPPORTED, "The '" + job.type() + "' job '" + job.id()
                    + "' does not support " + word);
        }
    }

    // Groups

    private List<Job> group(Job job) {
        String name = job.request().group();
        return name == null ? List.of(job) : jobs.values().stream()
                .filter(j -> name.equals(j.request().group()) && !j.status().isOver()).toList();
    }

    /** A job is done: if all of its group are, they are pending. */
    @Suspends
    void awaitSettle(Job job) {
        List<Job> group = group(job);
        if (!group.stream().allMatch(j -> j.status() == JobStatus.WAITING
                || j.status() == JobStatus.PENDING)) {
            return;
        }
        group.stream().filter(j -> j.status() == JobStatus.WAITING).forEach(Job::pending);
        if (group.stream().allMatch(j -> j.request().autoFinalize())) {
            awaitFinalize(group);
        }
    }

    private void finalizeGroup(Job job) throws BlockException {
        List<Job> group = group(job);
        for (Job other : group) {
            if (other.status() != JobStatus.PENDING) {
                throw new BlockException(Kind.BUSY, "Job '" + other.id() + "' of the same group is"
                        + " in state '" + other.status().wireName() + "'");
            }
        }
        main.spawn(() -> awaitFinalize(group));
    }

    @Suspends
    private void awaitFinalize(List<Job> group) {
        if (!group.stream().allMatch(j -> j.status() == JobStatus.PENDING && !j.isCancelled())) {
            return; // aborted meanwhile
        }
        group.forEach(Job::finalizing);
        for (Job job : group) {
            if (!job.awaitCommit()) {
                group.forEach(Job::notFinalizing);
                job.awaitAbort();
                return;
            }
        }
        for (Job job : group) {
            job.awaitClean();
        }
    }

    /** A job aborts: so do the others of its group. */
    void abortOthers(Job job) {
        for (Job other : group(job)) {
            if (other != job && other.status().accepts(JobStatus.Verb.CANCEL)
                    && !other.isCancelled()) {
                other.cancel();
            }
        }
    }

    /** Aborts a job whose work is done. */
    void abortLater(Job job) {
        main.spawn(() -> {
            if (job.status() == JobStatus.WAITING || job.status() == JobStatus.PENDING) {
                job.awaitAbort();
            }
        });
    }

    void changed(Job job) {
        if (job.status() == JobStatus.NULL) {
            jobs.remove(job.id(), job);
        }
        listener.changed(job);
        ended.kick();
    }

    // The end

    /** Suspends until the job is over. */
    @Suspends
    public void awaitConcluded(Job job) {
        ended.awaitWhile(() -> !job.status().isOver());
    }

    /** Suspends until the job is over and forgets it; returns its error. */
    @Suspends
    public String awaitDismissed(Job job) {
        awaitConcluded(job);
        if (job.status() == JobStatus.CONCLUDED) {
            job.dismiss();
        }
        return job.error();
    }

    /** Cancels all jobs and suspends until they are over. */
    @Suspends
    public void awaitAllEnded() {
        for (Job job : all()) {
            if (job.status().accepts(JobStatus.Verb.CANCEL)) {
                job.cancel();
            }
            awaitDismissed(job);
        }
    }
}
