package {{package}};

import io.backplane.virtio.device.VirtioDeviceModel;
import java.security.SecureRandom;
import java.util.Map;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Registers the model. */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.virtio.device.VirtioDeviceModel\"")
@Component(service = {}, immediate = true)
public final class {{Name}}Component {

    @Activate
    void activate(BundleContext context) {
        VirtioDeviceModel model = new {{Name}}Model(new SecureRandom()::nextBytes);
        context.registerService(VirtioDeviceModel.class, model,
                FrameworkUtil.asDictionary(Map.of("backplane.device", model.type())));
    }
}
