package io.backplane.control;

import io.backplane.block.BlockException;
import io.backplane.block.graph.BlockGraph;
import io.backplane.job.JobRequest;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpCommand;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.Union;
import java.util.List;

/** blockdev-create: a job. */
final class CreateCommand {
    /** What an image is to be. */
    @Name("BlockdevCreateOptions")
    @Union(discriminator = "driver")
    record CreateOptions(
            @Option("driver") String driver,
            Record options) {
    }

    record Arguments(
            @Option("name of the job") String jobId,
            @Option("the image") CreateOptions options) {
    }

    private final BlockGraph graph;
    private final Jobs jobs;

    CreateCommand(BlockGraph graph, Jobs jobs) {
        this.graph = graph;
        this.jobs = jobs;
    }

    List<QmpCommand> commands() {
        return List.of(QmpCommand.of("blockdev-create",
                "Creates an image, as a job that stays until it is dismissed.", Arguments.class,
                null, arguments -> {
                    start(arguments);
                    return null;
                }));
    }

    private void start(Arguments arguments) throws BlockException {
        CreateOptions options = arguments.options();
        jobs.start(JobRequest.of(arguments.jobId(), "create"), job -> graph.awaitCreate(
                options.driver(), options.options(), job::progress));
    }
}
