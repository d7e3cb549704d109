package io.backplane.control;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.job.Job;
import io.backplane.job.JobStatus;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.util.List;

/** query-jobs, job-cancel, -complete, -dismiss, -finalize, -pause, -resume, block-job-set-speed. */
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

    record SpeedArguments(
            @Option("the job") String device,
            @Option(value = "bytes a second, 0: any", size = true) long speed) {
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

    private final Jobs jobs;

    JobCommands(Jobs jobs) {
        this.jobs = jobs;
    }

    /** The jobs of a daemon, which tell {@code events} of their states. */
    static Jobs jobs(AioContext main, QmpEvents events) {
        return new Jobs(main, job -> events.emit(STATUS_CHANGE,
                new StatusChange(job.id(), job.status())));
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.query("query-jobs", "Lists the jobs.", TypeRef.listOf(JobInfo.class),
                        _ -> jobs.all().stream().map(JobCommands::info).toList()),
                verb("job-cancel", "Ends a job before it is done.", JobStatus.Verb.CANCEL),
                verb("job-complete", "Lets a ready job end.", JobStatus.Verb.COMPLETE),
                verb("job-dismiss", "Forgets a concluded job.", JobStatus.Verb.DISMISS),
                verb("job-finalize", "Lets a pending job conclude.", JobStatus.Verb.FINALIZE),
                verb("job-pause", "Pauses a job.", JobStatus.Verb.PAUSE),
                verb("job-resume", "Resumes a paused job.", JobStatus.Verb.RESUME),
                QmpCommand.of("block-job-set-speed", "Limits the speed of a job.",
                        SpeedArguments.class, null, this::setSpeed));
    }

    private QmpCommand verb(String name, String help, JobStatus.Verb verb) {
        return QmpCommand.of(name, help, JobArguments.class, null, arguments -> {
            jobs.apply(jobs.require(arguments.id()), verb);
            return null;
        });
    }

    private Object setSpeed(SpeedArguments arguments) throws BlockException, QmpException {
        Job job = jobs.find(arguments.device());
        if (job == null) {
            throw new QmpException(QmpException.ErrorClass.DEVICE_NOT_ACTIVE,
                    "Block job '" + arguments.device() + "' not found");
        }
        jobs.setSpeed(job, arguments.speed());
        return null;
    }

    private static JobInfo info(Job job) {
        return new JobInfo(job.id(), job.type(), job.status(), job.done(),
                Math.max(job.total(), 1), job.error());
    }
}
