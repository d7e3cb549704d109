package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.EventLoops;
import io.backplane.block.BlockException;
import io.backplane.export.Export;
import io.backplane.export.ExportDriver;
import io.backplane.export.ExportRequest;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.transport.VirtioTransport;
import java.util.Hashtable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.Version;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers the export type and the transport, and tells the transport of device models. They stay
 * while models go and come. Who takes a model away waits until no device runs its code.
 */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.virtio.transport.VirtioTransport\"")
@Component(service = ExportDriver.class, property = "backplane.export=vhost-user-blk",
        immediate = true)
public final class VhostUserComponent implements ExportDriver {
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserComponent.class);
    private static final long LEAVE_SECONDS = 30;
    private static final String MISSING = "backplane.device.missing";
    private static final String TIMEOUT = "backplane.device.missing.timeout-ms";
    private static final long TIMEOUT_MS = 30_000;

    private final AioContext main;
    private final VhostUserTransport transport;
    private final VhostUserBlkDriver driver;
    private final BundleContext context;

    // The component runtime
    private ServiceRegistration<VirtioTransport> registration;

    /** Called by declarative services. */
    @Activate
    public VhostUserComponent(@Reference EventLoops loops, BundleContext context) {
        main = loops.main();
        this.context = context;
        transport = new VhostUserTransport(main, patienceNs(context));
        driver = new VhostUserBlkDriver(transport);
    }

    /** The models there are have been added: whoever gets the transport finds them. */
    @Activate
    void publish() {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put("backplane.transport", "vhost-user");
        registration = context.registerService(VirtioTransport.class, transport, properties);
    }

    private static long patienceNs(BundleContext context) {
        if (!"error".equals(context.getProperty(MISSING))) {
            return -1;
        }
        String text = context.getProperty(TIMEOUT);
        try {
            return TimeUnit.MILLISECONDS.toNanos(text == null ? TIMEOUT_MS
                    : Math.clamp(Long.parseLong(text.trim()), 0, 86_400_000));
        } catch (NumberFormatException e) {
            LOG.warn("{}='{}' is no number of milliseconds: {} it is", TIMEOUT, text, TIMEOUT_MS);
            return TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
        }
    }

    @Deactivate
    void deactivate() {
        registration.unregister();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindModel(VirtioDeviceModel model, ServiceReference<VirtioDeviceModel> service) {
        Bundle bundle = service.getBundle();
        transport.add(model, bundle.getSymbolicName(), bundle.getVersion().toString(),
                new Rank(bundle.getVersion(), bundle.getBundleId()));
    }

    /** The newest version first; of the same version the bundle that was installed last. */
    private record Rank(Version version, long bundleId) implements Comparable<Rank> {
        @Override
        public int compareTo(Rank other) {
            int order = version.compareTo(other.version);
            return order != 0 ? order : Long.compare(bundleId, other.bundleId);
        }
    }

    void unbindModel(VirtioDeviceModel model) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        main.spawn(() -> {
            try {
                transport.awaitWithdraw(model);
            } finally {
                done.countDown();
            }
        });
        if (!main.isCurrent() && !done.await(LEAVE_SECONDS, TimeUnit.SECONDS)) {
            LOG.error("devices of type {} have requests in flight for more than {} s: their model"
                    + " leaves without them", model.type(), LEAVE_SECONDS);
        }
    }

    @Override
    public String type() {
        return driver.type();
    }

    @Override
    public Class<? extends Record> optionsType() {
        return driver.optionsType();
    }

    @Override
    public Export awaitCreate(ExportRequest request) throws BlockException {
        return driver.awaitCreate(request);
    }
}
