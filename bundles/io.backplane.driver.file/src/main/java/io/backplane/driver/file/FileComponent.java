package io.backplane.driver.file;

import io.backplane.block.spi.BlockDriver;
import io.backplane.hostio.HostFileEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Registers the drivers while there is an engine of host I/O. When an engine leaves and another one
 * stays, the drivers leave for a moment, too: their nodes come back with the other engine.
 */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.block.spi.BlockDriver\"")
@Component(service = {}, immediate = true)
public final class FileComponent {
    private final FileEngines engines = new FileEngines();
    private final List<ServiceRegistration<BlockDriver>> registrations = new ArrayList<>();

    // The component runtime
    private BundleContext context;

    @Reference(cardinality = ReferenceCardinality.AT_LEAST_ONE, policy = ReferencePolicy.DYNAMIC)
    void addEngine(HostFileEngine engine) {
        engines.add(engine);
    }

    synchronized void removeEngine(HostFileEngine engine) {
        engines.remove(engine);
        if (!engines.isEmpty() && !registrations.isEmpty()) {
            unregister();
            register();
        }
    }

    @Activate
    synchronized void activate(BundleContext bundle) {
        context = bundle;
        register();
    }

    private void register() {
        register(new FileDriver("file", engines));
        register(new FileDriver("host_device", engines));
    }

    private void register(BlockDriver driver) {
        registrations.add(context.registerService(BlockDriver.class, driver,
                FrameworkUtil.asDictionary(Map.of("backplane.driver", driver.name()))));
    }

    @Deactivate
    synchronized void deactivate() {
        unregister();
    }

    private void unregister() {
        registrations.forEach(ServiceRegistration::unregister);
        registrations.clear();
    }
}
