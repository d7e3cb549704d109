package io.backplane.shell;

import io.backplane.boot.Startup;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Registers the commands of scope {@code bp} with Gogo. */
@Component(service = {}, immediate = true)
public final class ShellComponent {

    /** Called by the component runtime; the framework withdraws what is registered here. */
    @Activate
    public ShellComponent(BundleContext context, @Reference Startup startup) {
        PlatformCommands commands = new PlatformCommands(context, startup);
        context.registerService(PlatformCommands.class, commands,
                FrameworkUtil.asDictionary(Map.of("osgi.command.scope", "bp",
                        "osgi.command.function", PlatformCommands.NAMES.toArray(new String[0]))));
    }
}
