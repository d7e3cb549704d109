package io.backplane.hostio.threads;

import io.backplane.aio.PollerFactory;
import io.backplane.hostio.HostFileEngine;
import java.util.Dictionary;
import java.util.Hashtable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Registers the epoll poller and the threads engine. */
@Component(service = {}, immediate = true)
public final class ThreadsComponent {
    private final ThreadsFileEngine engine = new ThreadsFileEngine();

    @Activate
    void activate(BundleContext context) {
        context.registerService(PollerFactory.class, new EpollPollerFactory(),
                properties("backplane.poller", EpollPoller.MECHANISM));
        context.registerService(HostFileEngine.class, engine,
                properties("backplane.aio", engine.aio()));
    }

    private static Dictionary<String, Object> properties(String key, String value) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(key, value);
        properties.put(Constants.SERVICE_RANKING, 0);
        return properties;
    }

    /** The framework takes the services back before. */
    @Deactivate
    void deactivate() {
        engine.close();
    }
}
