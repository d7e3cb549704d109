package io.backplane.control;

import io.backplane.block.graph.BlockGraph;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
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
    private final JobCommands jobs;

    CreateCommand(BlockGraph graph, JobCommands jobs) {
        this.graph = graph;
        this.jobs = jobs;
    }

    List<QmpCommand> commands() {
        return List.of(Command.of("blockdev-create",
                "Creates an image, as a job that stays until it is dismissed.", Arguments.class,
                null, arguments -> {
                    start(arguments);
                    return null;
                }));
    }

    Job start(Arguments arguments) throws QmpException {
        CreateOptions options = arguments.options();
        return jobs.start(arguments.jobId(), "create", job -> graph.awaitCreate(options.driver(),
                options.options(), job::progress));
    }
}
