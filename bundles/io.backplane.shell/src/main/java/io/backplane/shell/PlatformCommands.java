package io.backplane.shell;

import io.backplane.boot.Startup;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** The commands about the platform itself. */
public final class PlatformCommands {
    static final List<String> NAMES = List.of("bundles", "help", "shutdown", "version");

    private final BundleContext context;
    private final Startup startup;

    PlatformCommands(BundleContext context, Startup startup) {
        this.context = context;
        this.startup = startup;
    }

    /** Versions of Backplane, the framework and the JVM. */
    @Descriptor("show the versions of Backplane, the framework and the JVM")
    public void version(CommandSession session) {
        PrintStream out = session.getConsole();
        out.println("backplane " + context.getBundle().getVersion());
        out.println("framework " + context.getBundle(0).getVersion());
        out.println("java      " + Runtime.version());
    }

    /** One line a bundle. */
    @Descriptor("list the bundles with version and state")
    public void bundles(CommandSession session) {
        Table table = new Table("id", "name", "version", "state");
        for (Bundle bundle : context.getBundles()) {
            table.row(bundle.getBundleId(), bundle.getSymbolicName(), bundle.getVersion(),
                    state(bundle));
        }
        table.print(session.getConsole());
    }

    private static String state(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.ACTIVE -> "active";
            case Bundle.INSTALLED -> "installed (unresolved)";
            case Bundle.RESOLVED -> "resolved";
            case Bundle.STARTING -> "starting";
            case Bundle.STOPPING -> "stopping";
            default -> "uninstalled";
        };
    }

    /** The commands there are. */
    @Descriptor("list the commands")
    public void help(CommandSession session) {
        List<String> own = new ArrayList<>();
        if (session.get(".commands") instanceof Collection<?> names) {
            for (Object name : new TreeSet<>(names)) {
                if (name.toString().startsWith("bp:")) {
                    own.add(name.toString().substring(3));
                }
            }
        }
        PrintStream out = session.getConsole();
        own.forEach(out::println);
    }

    /** Stops the daemon. */
    @Descriptor("stop the daemon: exports, graph, drivers and event loops, in this order")
    public void shutdown() {
        startup.shutdown(0);
    }
}
