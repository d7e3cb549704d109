package io.backplane.upgrade;

import io.backplane.aio.AioContext;
import io.backplane.aio.EventLoops;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.graph.BlockGraph;
import io.backplane.boot.BundleChanges;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Registers the commands, and does with bundles what upgrades ask for. */
@Component(service = {}, immediate = true)
public final class UpgradeComponent implements BundleStore {
    private static final String DRIVER = "io.backplane.block.spi.BlockDriver";

    // Immutable
    private final BundleContext system;
    private final BundleChanges changes;
    private final AutoCloseable listening;
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();

    /** Called by the component runtime. */
    @Activate
    public UpgradeComponent(BundleContext context, @Reference EventLoops loops,
            @Reference BlockGraph graph, @Reference Jobs jobs,
            @Reference BundleChanges bundles) {
        system = context.getBundle(0).getBundleContext();
        changes = bundles;
        AioContext main = loops.main();
        UpgradeHistory history = new UpgradeHistory(main);
        listening = graph.listen(history);
        for (QmpCommand command : new UpgradeCommands(main, graph, jobs, this, history)
                .commands()) {
            registrations.add(context.registerService(QmpCommand.class, command,
                    FrameworkUtil.asDictionary(Map.of(QmpCommand.COMMAND, command.name()))));
        }
    }

    /** Called by the component runtime, also while the bundle runs on. */
    @Deactivate
    void deactivate() throws Exception {
        registrations.forEach(ServiceRegistration::unregister);
        listening.close();
    }

    @Override
    public long install(Path jar, String driver, List<Long> leaving) throws BlockException {
        try {
            Bundle bundle = changes.installBeside(jar, DRIVER, leaving.stream()
                    .map(system::getBundle).filter(Objects::nonNull).toList());
            if (!offers(bundle, driver)) {
                changes.remove(bundle);
                throw new BundleException("it has no driver '" + driver + "'");
            }
            return bundle.getBundleId();
        } catch (BundleException e) {
            Throwable cause = e.getCause() != null ? e.getCause() : e;
            throw new BlockException(Kind.INVALID, "Bundle '" + jar + "' is refused: "
                    + (cause.getMessage() != null ? cause.getMessage() : cause), e);
        }
    }

    private static boolean offers(Bundle bundle, String driver) {
        ServiceReference<?>[] services = bundle.getRegisteredServices();
        return services != null && Arrays.stream(services).anyMatch(service ->
                driver.equals(service.getProperty("backplane.driver")));
    }

    @Override
    public void remove(long bundleId) throws BlockException {
        Bundle bundle = system.getBundle(bundleId);
        if (bundle == null) {
            return;
        }
        try {
            changes.remove(bundle);
        } catch (BundleException e) {
            throw new BlockException(Kind.IO, "Bundle " + bundle + " cannot be uninstalled: "
                    + e.getMessage(), e);
        }
    }
}
