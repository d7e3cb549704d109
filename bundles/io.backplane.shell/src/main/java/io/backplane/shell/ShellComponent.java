package io.backplane.shell;

import io.backplane.aio.EventLoops;
import io.backplane.boot.Startup;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Function;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * Registers the commands of scope {@code bp} with Gogo: those about the platform, the views, and
 * one for each QMP command that exists, for as long as it exists.
 */
@Component(service = {}, immediate = true)
public final class ShellComponent {
    // Immutable
    private final BundleContext context;
    private final QmpGateway gateway;

    // Any thread
    private final Map<String, ServiceRegistration<?>> functions = new ConcurrentHashMap<>();

    /** Called by the component runtime. */
    @Activate
    public ShellComponent(BundleContext context, @Reference Startup startup,
            @Reference ServiceComponentRuntime components, @Reference EventLoops loops,
            @Reference QmpCommands commands) {
        this.context = context;
        this.gateway = new QmpGateway(commands, loops.main());
        PlatformCommands platform =
                new PlatformCommands(context, components, startup, gateway);
        register(platform, PlatformCommands.NAMES);
        register(new QmpViews(gateway, loops), QmpViews.NAMES);
        context.registerService(Function.class,
                new CompleteFunction(gateway, new LiveNames(gateway, platform::bundleNames)),
                properties(List.of("complete")));
        context.registerService(Converter.class, platform.bundleConverter(), null);
    }

    private void register(Object commands, List<String> names) {
        context.registerService(Object.class, commands, properties(names));
    }

    private static java.util.Dictionary<String, ?> properties(List<String> names) {
        return FrameworkUtil.asDictionary(Map.of("osgi.command.scope", "bp",
                "osgi.command.function", names.toArray(new String[0])));
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addQmpCommand(QmpCommand command) {
        String name = command.name();
        ServiceRegistration<?> previous = functions.put(name, context.registerService(
                Function.class, new QmpFunction(gateway, name), properties(List.of(name))));
        unregister(previous);
    }

    void removeQmpCommand(QmpCommand command) {
        unregister(functions.remove(command.name()));
    }

    private static void unregister(ServiceRegistration<?> registration) {
        if (registration != null) {
            try {
                registration.unregister();
            } catch (IllegalStateException e) {
                // The framework has withdrawn it already, as the bundle stops.
                return;
            }
        }
    }

    /** Called by the component runtime; the framework withdraws the services of the bundle. */
    @Deactivate
    void deactivate() {
        functions.clear();
    }
}
