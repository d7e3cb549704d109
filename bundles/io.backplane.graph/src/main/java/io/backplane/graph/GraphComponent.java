package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.EventLoops;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.block.backend.BlockDevOpsPublisher;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.graph.JsonFilenames;
import io.backplane.block.spi.BlockDriver;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes the graph, and follows the services of drivers and devices. */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.block.graph.BlockGraph\"")
@Component(service = {}, immediate = true)
public final class GraphComponent {
    private static final Logger LOG = LoggerFactory.getLogger(GraphComponent.class);
    private static final long CLOSE_TIMEOUT_S = 60;
    private static final long REMOVE_TIMEOUT_S = 60;
    private static final String MISSING = "backplane.driver.missing";
    private static final String MISSING_TIMEOUT = "backplane.driver.missing.timeout-ms";

    // Immutable
    private final AioContext main;
    private final Graph graph;
    private final BundleContext context;

    // The component runtime
    private ServiceRegistration<BlockGraph> registration;
    private volatile boolean closed;

    // Global state
    private final Map<BlockDevOps, BlockDevOpsPublisher.Publication> publications =
            new IdentityHashMap<>();

    /** Makes the graph in the main context of {@code loops}. */
    @Activate
    public GraphComponent(@Reference EventLoops loops, BundleContext context) {
        main = loops.main();
        graph = new Graph(main);
        this.context = context;
        MissingPolicy policy = policy();
        main.schedule(() -> graph.setMissingPolicy(policy));
    }

    /** The drivers there are have been added: whoever gets the graph finds them. */
    @Activate
    void publish() {
        registration = context.registerService(BlockGraph.class, graph, null);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addDriver(BlockDriver driver, ServiceReference<BlockDriver> reference) {
        Bundle bundle = reference.getBundle();
        graph.addDriver(driver, new DriverVersion(driver.name(), bundle.getSymbolicName(),
                bundle.getBundleId(), bundle.getVersion().toString()));
    }

    /** Returns when no node runs the driver's code any more: its bundle may go. */
    void removeDriver(BlockDriver driver) throws InterruptedException {
        if (closed) {
            return;
        }
        if (main.isCurrent() && Coroutine.currentOrNull() != null) {
            graph.awaitRemoveDriver(driver);
            return;
        }
        bridge("nodes of driver '" + driver.name() + "' were not frozen", REMOVE_TIMEOUT_S,
                () -> graph.awaitRemoveDriver(driver));
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
            target = "(backplane.backend=*)")
    void addDevOps(BlockDevOps ops, Map<String, Object> properties) {
        String backend = String.valueOf(properties.get("backplane.backend"));
        main.runOrSchedule(() -> publications.put(ops, graph.publish(backend, ops)));
    }

    void removeDevOps(BlockDevOps ops) {
        main.runOrSchedule(() -> {
            BlockDevOpsPublisher.Publication publication = publications.remove(ops);
            if (publication != null) {
                publication.close();
            }
        });
    }

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    void addJsonFilenames(JsonFilenames json) {
        main.runOrSchedule(() -> graph.setJsonFilenames(json));
    }

    void removeJsonFilenames(JsonFilenames json) {
        main.runOrSchedule(() -> graph.setJsonFilenames(null));
    }

    /** Closes all images; the framework's thread waits for it. */
    @Deactivate
    void deactivate() throws InterruptedException {
        registration.unregister();
        closed = true;
        bridge("images were not closed", CLOSE_TIMEOUT_S, () -> {
            graph.awaitCloseAll();
            graph.close();
        });
    }

    /** Runs {@code work} in a coroutine of main; the framework's thread waits for it. */
    private void bridge(String failure, long seconds, Runnable work)
            throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        main.spawn(() -> {
            try {
                work.run();
            } finally {
                done.countDown();
            }
        });
        if (main.isCurrent()) {
            return; // whoever stops bundles from main lets the loop run on
        }
        if (!done.await(seconds, TimeUnit.SECONDS)) {
            LOG.error("{} within {} s", failure, seconds);
        }
    }

    private MissingPolicy policy() {
        MissingPolicy byDefault = MissingPolicy.DEFAULT;
        String mode = property(MISSING, "hold");
        if (!mode.equals("hold") && !mode.equals("error")) {
            LOG.warn("{}='{}' is neither hold nor error: hold it is", MISSING, mode);
        }
        long timeoutMs = TimeUnit.NANOSECONDS.toMillis(byDefault.timeoutNs());
        String text = property(MISSING_TIMEOUT, Long.toString(timeoutMs));
        if (text.matches("[1-9]\\d{0,7}")) {
            timeoutMs = Long.parseLong(text);
        } else {
            LOG.warn("{}='{}' is no number of milliseconds from 1 to 99999999: {} it is",
                    MISSING_TIMEOUT, text, timeoutMs);
        }
        return new MissingPolicy(!mode.equals("error"), TimeUnit.MILLISECONDS.toNanos(timeoutMs));
    }

    private String property(String key, String otherwise) {
        String text = context.getProperty(key);
        return text == null ? otherwise : text.trim();
    }
}
