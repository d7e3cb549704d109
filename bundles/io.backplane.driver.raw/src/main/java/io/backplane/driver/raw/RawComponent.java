package io.backplane.driver.raw;

import io.backplane.block.spi.BlockDriver;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Registers the driver. */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.block.spi.BlockDriver\"")
@Component(service = {}, immediate = true)
public final class RawComponent {
    private ServiceRegistration<BlockDriver> registration;

    @Activate
    void activate(BundleContext context) {
        BlockDriver driver = new RawDriver();
        registration = context.registerService(BlockDriver.class, driver,
                FrameworkUtil.asDictionary(java.util.Map.of("backplane.driver", driver.name())));
    }

    @Deactivate
    void deactivate() {
        registration.unregister();
    }
}
