package io.backplane.hostio.uring;

import io.backplane.aio.PollerFactory;
import io.backplane.hostio.HostFileEngine;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.LoggerFactory;

/** Registers the io_uring poller and engine if the host has io_uring. */
@Capability(namespace = "osgi.service", attribute = "objectClass:List<String>=\""
        + "io.backplane.aio.PollerFactory,"
        + "io.backplane.hostio.HostFileEngine\"")
@Component(service = {}, immediate = true)
public final class UringComponent {
    private static final int RANKING = 100;

    private final UringFileEngine engine = new UringFileEngine();
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();

    @Activate
    void activate(BundleContext context) {
        String reason = engine.unavailableReason();
        if (reason == null) {
            registrations.add(context.registerService(PollerFactory.class, new UringPollerFactory(),
                    properties("backplane.poller", UringPoller.MECHANISM)));
        } else {
            LoggerFactory.getLogger(UringComponent.class).warn("no io_uring here: {}", reason);
        }
        registrations.add(context.registerService(HostFileEngine.class, engine,
                properties("backplane.aio", engine.aio())));
    }

    private static Dictionary<String, Object> properties(String key, String value) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(key, value);
        properties.put(Constants.SERVICE_RANKING, RANKING);
        return properties;
    }

    /** The services go first: the loops leave the poller, the users close their files. */
    @Deactivate
    void deactivate() {
        registrations.forEach(ServiceRegistration::unregister);
        engine.close();
    }
}
