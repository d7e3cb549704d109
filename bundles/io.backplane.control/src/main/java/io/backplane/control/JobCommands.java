package io.backplane.control;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.Suspends;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The jobs; query-jobs, job-cancel, -complete, -dismiss, -finalize, -pause, -resume. Main only. */
final class JobCommands {
    /** Data of JOB_STATUS_CHANGE. */
    @Name("JobStatusChangeData")
    record StatusChange(
            @Option("the job") String id,
            @Option("its new state") JobStatus status) {
    }

    static final QmpEventType STATUS_CHANGE =
            QmpEventType.of("JOB_STATUS_CHANGE", StatusChange.class);

    record JobArguments(@Option("the job") String id) {
    }

    @Name("JobInfo")
    record JobInfo(
            @Option("the job") String id,
            @Option("what it does") String type,
            @Option("its state") JobStatus status,
            @Option("progress so far, in the unit of total-progress") long currentProgress,
            @Option("progress at the end, as far as known") long totalProgress,
            @Option(value = "why it failed", optional = true) String error) {
    }

    private final AioContext main;
    private final QmpEvents events;
    private final Map<String, Job> jobs = new LinkedHashMap<>();
    private final AioWait ended = new AioWait(null);

    JobCommands(AioContext main, QmpEvents events) {
        this.main = main;
        this.events = events;
    }

    List<QmpCommand> commands() {
        return List.of(
                Command.query("query-jobs", "Lists the jobs.", TypeRef.listOf(JobInfo.class),
                        _ -> jobs.values().stream().map(JobCommands::info).toList()),
                verb("job-cancel", "Ends a job before it is done.", JobStatus.Verb.CANCEL),
                verb("job-complete", "Lets a ready job end.", JobStatus.Verb.COMPLETE),
                verb("job-dismiss", "Forgets a concluded job.", JobStatus.Verb.DISMISS),
                verb("job-finalize", "Lets a pending job conclude.", JobStatus.Verb.FINALIZE),
                verb("job-pause", "Pauses a job.", JobStatus.Verb.PAUSE),
                verb("job-resume", "Resumes a paused job.", JobStatus.Verb.RESUME));
    }

    /** Starts a job, which stays until it is dismissed. */
    Job start(String id, String type, Job.Work work) throws QmpException {
        if (!Identifiers.isWellFormed(id)) {
            throw QmpException.generic("Invalid job ID '" + id + "'");
        }
        if (jobs.containsKey(id)) {
            throw QmpException.generic("Job ID '" + id + "' already in use");
        }
        Job job = new Job(id, type, true, false, this::changed);
        jobs.put(id, job);
        main.spawn(() -> job.awaitRun(work));
        return job;
    }

    private void changed(Job job) {
        if (job.status() == JobStatus.NULL) {
            jobs.remove(job.id(), job);
        }
        events.emit(STATUS_CHANGE, new StatusChange(job.id(), job.status()));
        ended.kick();
    }

    private QmpCommand verb(String name, String help, JobStatus.Verb verb) {
        return Command.of(name, help, JobArguments.class, null, arguments -> {
            apply(find(arguments.id()), verb);
            return null;
        });
    }

    private Job find(String id) throws QmpException {
        Job job = jobs.get(id);
        if (job == null) {
            throw QmpException.generic("Job not found");
        }
        return job;
    }

    private static void apply(Job job, JobStatus.Verb verb) throws QmpException {
        String word = verb.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        if (!job.status().accepts(verb)) {
            throw QmpException.generic("Job '" + job.id() + "' in state '"
                    + job.status().wireName() + "' cannot accept command verb '" + word + "'");
        }
        switch (verb) {
            case CANCEL -> job.cancel();
            case DISMISS -> job.dismiss();
            case FINALIZE -> job.conclude();
            case PAUSE, RESUME, SET_SPEED, CHANGE, COMPLETE -> throw QmpException.generic(
                    "The '" + job.type() + "' job '" + job.id() + "' does not support " + word);
        }
    }

    private static JobInfo info(Job job) {
        return new JobInfo(job.id(), job.type(), job.status(), job.done(),
                Math.max(job.total(), 1), job.error());
    }

    /** Suspends until the job has concluded. */
    @Suspends
    void awaitConcluded(Job job) {
        ended.awaitWhile(() -> job.status() != JobStatus.CONCLUDED
                && job.status() != JobStatus.NULL);
    }

    /** Suspends until the job called {@code id} has concluded and forgets it; returns its error. */
    @Suspends
    String awaitDismissed(String id) {
        Job job = jobs.get(id);
        awaitConcluded(job);
        if (job.status() == JobStatus.CONCLUDED) {
            job.dismiss();
        }
        return job.error();
    }

    /** Cancels all jobs and suspends until they have concluded. */
    @Suspends
    void awaitAllEnded() {
        for (Job job : List.copyOf(jobs.values())) {
            if (job.status().accepts(JobStatus.Verb.CANCEL)) {
                job.cancel();
            }
            awaitConcluded(job);
            if (job.status() == JobStatus.CONCLUDED) {
                job.dismiss();
            }
        }
    }
}
