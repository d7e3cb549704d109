package io.backplane.upgrade;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.graph.BlockGraph;
import io.backplane.job.JobRequest;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** driver-upgrade, query-driver-upgrades. */
final class UpgradeCommands {
    private static final long NS_IN_MS = 1_000_000;

    /** Arguments of driver-upgrade. */
    record UpgradeArguments(
            @Option("name of the driver") String driver,
            @Option("path of the new bundle on the daemon's machine; it is used until the daemon"
                    + " ends, not by the next start") String bundle,
            @Option(value = "nodes that go over (default all of the driver)", optional = true)
            List<String> nodes,
            @Option(value = "name of the job (default upgrade-DRIVER)", optional = true)
            String jobId,
            @Option(value = "jobs of the same group end together; needs auto-finalize=false"
                    + " (default none)", optional = true) String group,
            @Option(value = "whether it is made final at once; else it is pending, with the old"
                    + " bundle still there, until job-finalize (default true)", optional = true)
            Boolean autoFinalize,
            @Option(value = "whether the job is forgotten once it is over (default true)",
                    optional = true) Boolean autoDismiss) {
    }

    /** An element of query-driver-upgrades. */
    @Name("DriverUpgradeInfo")
    record UpgradeInfo(
            @Option("the driver") String driver,
            @Option("symbolic name of the new bundle") String bundle,
            @Option("version before") String oldVersion,
            @Option("version after") String newVersion,
            @Option("number of the bundle before") long oldBundleId,
            @Option("number of the bundle after") long newBundleId,
            @Option("nodes that went over") List<String> nodes,
            @Option("pause of requests that half of the nodes did not exceed, in nanoseconds")
            long pauseP50Ns,
            @Option("pause that 99 % of the nodes did not exceed") long pauseP99Ns,
            @Option("longest pause") long pauseMaxNs,
            @Option("how long ago, in milliseconds") long ageMs) {
    }

    private final AioContext main;
    private final BlockGraph graph;
    private final Jobs jobs;
    private final BundleStore bundles;
    private final UpgradeHistory history;

    UpgradeCommands(AioContext main, BlockGraph graph, Jobs jobs, BundleStore bundles,
            UpgradeHistory history) {
        this.main = main;
        this.graph = graph;
        this.jobs = jobs;
        this.bundles = bundles;
        this.history = history;
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.of("driver-upgrade", "Takes nodes over to another version of their"
                        + " driver while they are in use, as a job.", UpgradeArguments.class, null,
                        this::start),
                QmpCommand.query("query-driver-upgrades", "Lists which nodes went over to which"
                        + " version of their driver, and their pauses.",
                        TypeRef.listOf(UpgradeInfo.class),
                        _ -> history.entries().stream().map(this::info).toList()));
    }

    private Object start(UpgradeArguments arguments) throws QmpException, BlockException {
        boolean autoFinalize = !Boolean.FALSE.equals(arguments.autoFinalize());
        if (arguments.group() != null && autoFinalize) {
            throw QmpException.generic("'group' needs 'auto-finalize' to be false");
        }
        String id = arguments.jobId() != null ? arguments.jobId()
                : "upgrade-" + arguments.driver();
        jobs.start(new JobRequest(id, "driver-upgrade", autoFinalize,
                !Boolean.FALSE.equals(arguments.autoDismiss()), arguments.group()),
                new DriverUpgrade(main, graph, bundles, arguments.driver(),
                        path(arguments.bundle()), arguments.nodes()));
        return null;
    }

    private static Path path(String bundle) throws QmpException {
        try {
            return Path.of(bundle).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw QmpException.generic("bundle '" + bundle + "' is no path");
        }
    }

    private UpgradeInfo info(UpgradeHistory.Entry entry) {
        return new UpgradeInfo(entry.to.driver(), entry.to.bundle(), entry.from.version(),
                entry.to.version(), entry.from.bundleId(), entry.to.bundleId(),
                List.copyOf(entry.nodes), entry.pauseNs(50), entry.pauseNs(99),
                entry.pauseNs(100), history.ageNs(entry) / NS_IN_MS);
    }
}
