package io.backplane.upgrade;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.AioWait;
import io.backplane.aio.Apart;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.graph.GraphListener;
import io.backplane.job.Job;
import io.backplane.job.JobStatus;
import io.backplane.job.JobWork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work of a driver-upgrade: installs the new bundle beside the old, takes the nodes over, family by
 * family, with a pause point before each. Until it is finalized the old bundle stays, so that it
 * can go back; then the old bundle is removed, unless nodes still use it. Main.
 */
final class DriverUpgrade implements JobWork {
    private static final Logger LOG = LoggerFactory.getLogger(DriverUpgrade.class);
    private static final String THREAD = "backplane-upgrade";
    private static final long SERVICE_NS = 10_000_000_000L;

    // Immutable
    private final AioContext main;
    private final BlockGraph graph;
    private final BundleStore bundles;
    private final String driver;
    private final Path jar;
    private final List<String> nodes;

    // Global state
    private long installed = -1;
    private final Set<DriverVersion> before = new LinkedHashSet<>();
    private List<DriverSwap> done = List.of();

    /** @param nodes names; null: all of the driver */
    DriverUpgrade(AioContext main, BlockGraph graph, BundleStore bundles, String driver, Path jar,
            List<String> nodes) {
        this.main = main;
        this.graph = graph;
        this.bundles = bundles;
        this.driver = driver;
        this.jar = jar;
        this.nodes = nodes;
    }

    @Override
    public void awaitRun(Job job) throws BlockException {
        before.addAll(versions());
        checkNodes();
        List<Long> leaving = leaving();
        installed = Apart.awaitDone(THREAD,
                () -> bundles.install(jar, driver, leaving));
        DriverVersion next = awaitService();
        List<DriverSwap> swaps = new ArrayList<>();
        for (BlockNode node : graph.nodes()) {
            if (node.driver().equals(driver) && !node.driverMissing()
                    && (nodes == null || nodes.contains(node.name()))) {
                swaps.add(new DriverSwap(node.name(), node.driverVersion(), next, 0));
            }
        }
        job.progress(0, Math.max(swaps.size(), 1));
        done = graph.awaitSwapDrivers(swaps, (through, count) -> {
            job.progress(through, count);
            job.awaitPausePoint();
        });
    }

    /** The bundles that no node will need. */
    private List<Long> leaving() {
        return before.stream().filter(old -> !old.bundle().isEmpty() && (nodes == null
                || graph.nodes().stream().allMatch(n -> !n.driverVersion().equals(old)
                        || nodes.contains(n.name())))).map(DriverVersion::bundleId).toList();
    }

    private List<DriverVersion> versions() {
        return graph.driverVersions().stream().filter(v -> v.driver().equals(driver)).toList();
    }

    private void checkNodes() throws BlockException {
        if (before.isEmpty()) {
            throw new BlockException(Kind.NOT_FOUND, "Unknown driver '" + driver + "'");
        }
        for (String name : nodes == null ? List.<String>of() : nodes) {
            BlockNode node = graph.find(name);
            if (node == null) {
                throw new BlockException(Kind.NOT_FOUND,
                        "Failed to find node with node-name='" + name + "'");
            }
            if (!node.driver().equals(driver)) {
                throw new BlockException(Kind.INVALID, "Node '" + name + "' has driver '"
                        + node.driver() + "', not '" + driver + "'");
            }
        }
    }

    /** The driver of the new bundle, once it is there. */
    private DriverVersion awaitService() throws BlockException {
        AioWait wait = new AioWait(null);
        boolean[] expired = {false};
        AutoCloseable listening = graph.listen(new GraphListener() {
            @Override
            public void driversChanged() {
                wait.kick();
            }
        });
        try (listening; AioTimer timer = main.newTimer("new driver", () -> {
            expired[0] = true;
            wait.kick();
        })) {
            timer.armAt(main.nowNs() + SERVICE_NS);
            wait.awaitWhile(() -> !expired[0] && installedVersion() == null);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        DriverVersion version = installedVersion();
        if (version == null) {
            throw new BlockException(Kind.INVALID, "Bundle " + jar.getFileName()
                    + " started, but its driver '" + driver + "' cannot be used");
        }
        return version;
    }

    private DriverVersion installedVersion() {
        return versions().stream().filter(v -> v.bundleId() == installed).findFirst()
                .orElse(null);
    }

    @Override
    public void awaitAbort(Job job) {
        try {
            awaitGoBack();
            if (installed >= 0) {
                Apart.awaitDone(THREAD, () -> {
                    bundles.remove(installed);
                    return null;
                });
            }
        } catch (BlockException e) {
            LOG.error("upgrade of '{}' is taken back in part only: {}", driver, e.getMessage());
        }
    }

    private void awaitGoBack() throws BlockException {
        List<DriverSwap> back = new ArrayList<>();
        for (DriverSwap swap : done.reversed()) {
            BlockNode node = graph.find(swap.node());
            if (node != null && node.driverVersion().equals(swap.to())) {
                back.add(new DriverSwap(swap.node(), swap.to(), swap.from(), 0));
            }
        }
        if (!back.isEmpty()) {
            graph.awaitSwapDrivers(back, BlockGraph.SwapPace.AT_ONCE);
        }
    }

    /** Removes what was replaced, where no node needs it. */
    @Override
    public void awaitClean(Job job) {
        for (DriverVersion old : before) {
            boolean used = graph.nodes().stream().anyMatch(n -> n.driverVersion().equals(old));
            if (used || old.bundle().isEmpty() || old.bundleId() == installed) {
                continue;
            }
            try {
                Apart.awaitDone(THREAD, () -> {
                    bundles.remove(old.bundleId());
                    return null;
                });
            } catch (BlockException e) {
                LOG.error("old bundle {} {} stays: {}", old.bundle(), old.version(),
                        e.getMessage());
            }
        }
    }

    @Override
    public Set<JobStatus.Verb> verbs() {
        return Set.of(JobStatus.Verb.PAUSE, JobStatus.Verb.RESUME);
    }
}
