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

/** Registers the drivers while there is an engine of host I/O. */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.block.spi.BlockDriver\"")
@Component(service = {}, immediate = true)
public final class FileComponent {
    private final FileEngines engines = new FileEngines();
    private final List<ServiceRegistration<BlockDriver>> registrations = new ArrayList<>();

    @Reference(cardinality = ReferenceCardinality.AT_LEAST_ONE, policy = ReferencePolicy.DYNAMIC)
    void addEngine(HostFileEngine engine) {
        engines.add(engine);
    }

    void removeEngine(HostFileEngine engine) {
        engines.remove(engine);
    }

    @Activate
    void activate(BundleContext context) {
        register(context, new FileDriver("file", engines));
        register(context, new FileDriver("host_device", engines));
    }

    private void register(BundleContext context, BlockDriver driver) {
        registrations.add(context.registerService(BlockDriver.class, driver,
                FrameworkUtil.asDictionary(Map.of("backplane.driver", driver.name()))));
    }

    @Deactivate
    void deactivate() {
        registrations.forEach(ServiceRegistration::unregister);
    }
}
