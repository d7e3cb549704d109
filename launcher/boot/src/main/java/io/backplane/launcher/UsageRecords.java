package io.backplane.launcher;

import java.lang.reflect.Field;
import java.util.Map;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.launch.Framework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what Felix would keep of each bundle that was there: its registry holds, by bundle, a
 * record of each service the bundle ever used, with a count of 0 in the end, until that service
 * goes. The services of the platform do not go, so that each upgrade would leave a bundle with its
 * archive and revision behind. There is no other way to these records than into Felix 7's fields;
 * if they are not there, bundles are kept, and that is all.
 */
final class UsageRecords implements SynchronousBundleListener {
    private static final Logger LOG = LoggerFactory.getLogger(UsageRecords.class);

    private final Map<?, ?> byBundle;

    UsageRecords(Framework framework) {
        byBundle = find(framework);
    }

    private static Map<?, ?> find(Framework framework) {
        try {
            Object registry = field(framework, "m_registry");
            return (Map<?, ?>) field(registry, "m_inUseMap");
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn("bundles that are gone stay in memory: {}", e.toString());
            return Map.of();
        }
    }

    private static Object field(Object of, String name) throws ReflectiveOperationException {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }

    @Override
    public void bundleChanged(BundleEvent event) {
        if (event.getType() == BundleEvent.UNINSTALLED && !byBundle.isEmpty()) {
            byBundle.remove(event.getBundle());
        }
    }
}
