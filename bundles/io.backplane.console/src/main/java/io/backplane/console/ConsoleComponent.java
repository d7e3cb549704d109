package io.backplane.console;

import io.backplane.boot.Ready;
import io.backplane.boot.Startup;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.felix.service.command.CommandProcessor;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the shell's socket; once the command line is done, serves it, and starts the prompt if
 * standard input and output are a terminal, or executes the command that was given with {@code -c}.
 */
@Component(service = {}, immediate = true)
public final class ConsoleComponent {
    private static final Logger LOG = LoggerFactory.getLogger(ConsoleComponent.class);
    private static final String SOCKET = "shell.sock";

    // Immutable
    private final CommandProcessor processor;
    private final Startup startup;
    private final boolean onTerminal;
    private final String command;
    private final SessionSocket socket;

    // Component runtime only
    private TerminalPrompt prompt;
    private StartCommand started;

    /** Called by the component runtime. */
    @Activate
    public ConsoleComponent(BundleContext context, @Reference CommandProcessor processor,
            @Reference Startup startup) {
        this.processor = processor;
        this.startup = startup;
        command = context.getProperty("backplane.command");
        onTerminal = Boolean.parseBoolean(context.getProperty("backplane.console"))
                && System.console() != null && System.console().isTerminal();
        String script = context.getProperty("backplane.script");
        socket = open(startup.dataFolder().resolve(SOCKET),
                script == null ? "./backplane" : script);
    }

    private SessionSocket open(Path path, String script) {
        try {
            SessionSocket opened = SessionSocket.open(path, processor);
            startup.announce("Shell, also for scripts (-c COMMAND):\n  " + script
                    + " shell --socket " + path);
            return opened;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.error("no shell at {}: {}", path, e.toString());
            return null;
        }
    }

    /** Called by the component runtime when the command line is done. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    void setReady(Ready ready) throws IOException {
        if (socket != null) {
            socket.serve();
        }
        if (command != null && started == null) {
            started = StartCommand.start(processor, command, startup::shutdown);
        }
        if (onTerminal && prompt == null) {
            prompt = TerminalPrompt.start(processor, () -> startup.shutdown(0));
        }
    }

    /** Called by the component runtime; sessions go on until the component goes. */
    void unsetReady(Ready ready) {
        LOG.debug("the daemon is no longer ready: {}", ready);
    }

    /** Called by the component runtime. */
    @Deactivate
    void deactivate() {
        if (prompt != null) {
            prompt.close();
        }
        if (socket != null) {
            socket.close();
        }
    }
}
