package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.EventLoops;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.block.backend.BlockDevOpsPublisher;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.JsonFilenames;
import io.backplane.block.spi.BlockDriver;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.LoggerFactory;

/** Publishes the graph, and follows the services of drivers and devices. */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.block.graph.BlockGraph\"")
@Component(service = {}, immediate = true)
public final class GraphComponent {
    private static final long CLOSE_TIMEOUT_S = 60;

    // Immutable
    private final AioContext main;
    private final Graph graph;
    private final BundleContext context;

    // The component runtime
    private ServiceRegistration<BlockGraph> registration;

    // Global state
    private final Map<BlockDevOps, BlockDevOpsPublisher.Publication> publications =
            new IdentityHashMap<>();

    /** Makes the graph in the main context of {@code loops}. */
    @Activate
    public GraphComponent(@Reference EventLoops loops, BundleContext context) {
        main = loops.main();
        graph = new Graph(main);
        this.context = context;
    }

    /** The drivers there are have been added: whoever gets the graph finds them. */
    @Activate
    void publish() {
        registration = context.registerService(BlockGraph.class, graph, null);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addDriver(BlockDriver driver) {
        graph.addDriver(driver);
    }

    void removeDriver(BlockDriver driver) {
        graph.removeDriver(driver);
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
        CountDownLatch closed = new CountDownLatch(1);
        main.spawn(() -> {
            try {
                graph.awaitCloseAll();
                graph.close();
            } finally {
                closed.countDown();
            }
        });
        if (main.isCurrent()) {
            return; // whoever stops bundles from main lets the loop run on
        }
        if (!closed.await(CLOSE_TIMEOUT_S, TimeUnit.SECONDS)) {
            LoggerFactory.getLogger(GraphComponent.class).error(
                    "images were not closed within {} s", CLOSE_TIMEOUT_S);
        }
    }
}
