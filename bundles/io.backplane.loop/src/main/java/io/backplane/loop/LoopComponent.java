package io.backplane.loop;

import io.backplane.aio.EventLoops;
import io.backplane.aio.PollerFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.annotation.bundle.Capability;
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

/**
 * Runs the loops while there is a poller. The property {@code backplane.poller} (component
 * configuration, else framework property) names the mechanism to prefer; else the service ranking
 * decides. When a mechanism comes or goes the loops change over while they run.
 */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.aio.EventLoops\"")
@Component(service = {}, immediate = true, configurationPid = "io.backplane.loop")
public final class LoopComponent {
    private static final Logger LOG = LoggerFactory.getLogger(LoopComponent.class);
    private static final String POLLER = "backplane.poller";
    private static final int LEAVE_TRIES = 2000;

    private final TreeMap<ServiceReference<PollerFactory>, PollerFactory> factories =
            new TreeMap<>();
    private String wanted;
    private Loops loops;
    private ServiceRegistration<EventLoops> registration;

    @Activate
    synchronized void activate(BundleContext context, Map<String, Object> configuration) {
        Object configured = configuration.get(POLLER);
        wanted = configured != null ? configured.toString() : context.getProperty(POLLER);
        List<PollerFactory> order = order();
        if (wanted != null && !order.getFirst().mechanism().equals(wanted)) {
            LOG.warn("poller {} is not there yet, starting with {}", wanted,
                    order.getFirst().mechanism());
        }
        loops = new Loops(order).startMain();
        registration = context.registerService(EventLoops.class, loops, null);
    }

    @Deactivate
    void deactivate() {
        Loops old;
        synchronized (this) {
            registration.unregister();
            old = loops;
            loops = null;
        }
        old.close();
    }

    private List<PollerFactory> order() {
        List<PollerFactory> order = new ArrayList<>(factories.descendingMap().values());
        List<PollerFactory> first = order.stream().filter(f -> f.mechanism().equals(wanted))
                .toList();
        order.removeAll(first);
        order.addAll(0, first);
        return order;
    }

    @Reference(cardinality = ReferenceCardinality.AT_LEAST_ONE, policy = ReferencePolicy.DYNAMIC)
    synchronized void bindFactory(ServiceReference<PollerFactory> reference,
            PollerFactory factory) {
        factories.put(reference, factory);
        if (loops != null) {
            loops.prefer(order());
        }
    }

    void unbindFactory(ServiceReference<PollerFactory> reference, PollerFactory factory)
            throws InterruptedException {
        Loops running;
        synchronized (this) {
            factories.remove(reference);
            running = loops;
            if (running == null || factories.isEmpty()) {
                return;
            }
            running.prefer(order());
        }
        for (int i = 0; i < LEAVE_TRIES && running.uses(factory); i++) {
            Thread.sleep(1); // the framework's thread, until the loops have left the mechanism
        }
    }
}
