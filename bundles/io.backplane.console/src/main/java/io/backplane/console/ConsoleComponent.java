package io.backplane.console;

import io.backplane.boot.Ready;
import io.backplane.boot.Startup;
import java.io.IOException;
import org.apache.felix.service.command.CommandProcessor;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Starts the prompt once the command line is done, if standard input and output are a terminal. */
@Component(service = {}, immediate = true)
public final class ConsoleComponent {
    private final TerminalPrompt prompt;

    /** Called by the component runtime. */
    @Activate
    public ConsoleComponent(BundleContext context, @Reference CommandProcessor processor,
            @Reference Startup startup, @Reference Ready ready) throws IOException {
        boolean wanted = Boolean.parseBoolean(context.getProperty("backplane.console"))
                && System.console() != null && System.console().isTerminal();
        prompt = wanted ? TerminalPrompt.start(processor, () -> startup.shutdown(0)) : null;
    }

    /** Called by the component runtime. */
    @Deactivate
    void deactivate() {
        if (prompt != null) {
            prompt.close();
        }
    }
}
