package {{package}};

import io.backplane.virtio.device.VirtioDeviceModel;
import java.security.SecureRandom;
import java.util.Map;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Registers the model. */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.virtio.device.VirtioDeviceModel\"")
@Component(service = {}, immediate = true)
public final class {{Name}}Component {
    private ServiceRegistration<VirtioDeviceModel> registration;

    @Activate
    void activate(BundleContext context) {
        VirtioDeviceModel model = new {{Name}}Model(new SecureRandom()::nextBytes);
        registration = context.registerService(VirtioDeviceModel.class, model,
                FrameworkUtil.asDictionary(Map.of("backplane.device", model.type())));
    }

    @Deactivate
    void deactivate() {
        registration.unregister();
    }
}
