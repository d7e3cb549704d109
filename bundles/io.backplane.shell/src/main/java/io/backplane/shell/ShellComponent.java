package io.backplane.shell;

import io.backplane.aio.EventLoops;
import io.backplane.boot.BundleChanges;
import io.backplane.boot.Startup;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Function;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
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
    private final List<View> views;
    private final BundleCommands bundleCommands;

    // Any thread
    private final Map<QmpCommand, List<ServiceRegistration<?>>> functions =
            new ConcurrentHashMap<>();

    /** Called by the component runtime. */
    @Activate
    public ShellComponent(BundleContext context, @Reference Startup startup,
            @Reference ServiceComponentRuntime components, @Reference EventLoops loops,
            @Reference QmpCommands commands, @Reference BundleChanges changes,
            @Reference CommandProcessor processor) {
        this.context = context;
        this.gateway = new QmpGateway(commands, loops.main());
        PlatformCommands platform =
                new PlatformCommands(context, components, startup, gateway);
        views = new Views(gateway).all();
        platform.all().forEach(command -> register(command, command.name()));
        new CoreCommands(gateway, loops).all()
                .forEach(command -> register(command, command.name()));
        register(new CompleteFunction(gateway, platform::bundleNames), "complete");
        context.registerService(Converter.class, platform.bundleConverter(), null);
        bundleCommands = processor instanceof CommandProcessorImpl gogo
                ? new BundleCommands(gogo, changes, this::gogos) : null;
    }

    /** The object behind a command of Gogo's scope {@code felix}; null: it is gone. */
    private Object gogos(String name) {
        try {
            ServiceReference<?>[] all = context.getAllServiceReferences(null,
                    "(&(osgi.command.scope=felix)(osgi.command.function=" + name + "))");
            return all == null ? null : context.getService(all[0]);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addQmpCommand(QmpCommand command) {
        List<ServiceRegistration<?>> made = new ArrayList<>();
        made.add(register(new QmpFunction(gateway, command.name()), command.name()));
        for (View view : views) {
            if (view.query().equals(command.name())) {
                made.add(register(view, view.name()));
            }
        }
        functions.put(command, made);
    }

    private ServiceRegistration<?> register(Function function, String name) {
        return context.registerService(Function.class, function, FrameworkUtil.asDictionary(
                Map.of("osgi.command.scope", "bp", "osgi.command.function", name)));
    }

    void removeQmpCommand(QmpCommand command) {
        List<ServiceRegistration<?>> made = functions.remove(command);
        if (made != null) {
            made.forEach(ShellComponent::unregister);
        }
    }

    private static void unregister(ServiceRegistration<?> registration) {
        try {
            registration.unregister();
        } catch (IllegalStateException e) {
            // The framework has withdrawn it already, as the bundle stops.
            return;
        }
    }

    /** Called by the component runtime; the framework withdraws the services of the bundle. */
    @Deactivate
    void deactivate() {
        functions.clear();
        if (bundleCommands != null) {
            bundleCommands.close();
        }
    }
}
