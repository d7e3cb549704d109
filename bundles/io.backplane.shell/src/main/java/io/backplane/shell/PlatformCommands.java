package io.backplane.shell;

import io.backplane.boot.Startup;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** The commands about the platform itself. */
final class PlatformCommands {

    private final BundleContext context;
    private final ServiceComponentRuntime components;
    private final Startup startup;
    private final QmpGateway gateway;

    PlatformCommands(BundleContext context, ServiceComponentRuntime components,
            Startup startup, QmpGateway gateway) {
        this.gateway = gateway;
        this.context = context;
        this.components = components;
        this.startup = startup;
    }

    /** All there are. */
    List<OwnCommand> all() {
        return List.of(
                OwnCommand.of("version", this::version),
                OwnCommand.of("bundles", this::bundles),
                OwnCommand.of("components", this::components),
                OwnCommand.of("features", this::features),
                new OwnCommand("help", "[COMMAND]", this::help),
                OwnCommand.of("shutdown", _ -> startup.shutdown(0)));
    }

    /** Versions of Backplane, the framework and the JVM. */
    private void version(CommandSession session) {
        PrintStream out = session.getConsole();
        out.println("backplane " + context.getBundle().getVersion());
        out.println("framework " + context.getBundle(0).getVersion());
        out.println("java      " + Runtime.version());
    }

    /** One line a bundle. */
    private void bundles(CommandSession session) {
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

    /** One line a component, with what an inactive one waits for. */
    private void components(CommandSession session) {
        Table table = new Table("bundle", "component", "state", "waits for");
        for (ComponentDescriptionDTO description : components.getComponentDescriptionDTOs()) {
            String name = description.name.substring(description.name.lastIndexOf('.') + 1);
            for (ComponentConfigurationDTO c
                    : components.getComponentConfigurationDTOs(description)) {
                table.row(description.bundle.symbolicName, name, state(c), missing(c));
            }
        }
        table.print(session.getConsole());
    }

    private static String state(ComponentConfigurationDTO component) {
        return switch (component.state) {
            case ComponentConfigurationDTO.ACTIVE -> "active";
            case ComponentConfigurationDTO.SATISFIED -> "satisfied";
            case ComponentConfigurationDTO.FAILED_ACTIVATION -> "failed";
            default -> "unsatisfied";
        };
    }

    private static String missing(ComponentConfigurationDTO component) {
        if (component.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
            return component.failure.lines().findFirst().orElse("");
        }
        List<String> targets = new ArrayList<>();
        for (UnsatisfiedReferenceDTO reference : component.unsatisfiedReferences) {
            targets.add(reference.name);
        }
        return String.join(", ", targets);
    }

    /** What the distribution is made of. */
    private void features(CommandSession session) throws IOException {
        Distribution.read(Path.of(context.getProperty("backplane.home")))
                .print(session.getConsole());
    }

    /** The commands there are. */
    private void help(CommandSession session, List<String> names) throws Exception {
        for (String name : names) {
            if (gateway.commands().containsKey(name)) {
                QmpFunction.run(gateway, name, List.of("--help"), session.getConsole());
            } else if (OwnHelp.LINES.containsKey(name)) {
                session.execute("bp:" + name + " --help");
            } else {
                session.execute("felix:help " + name);
            }
        }
        if (names.isEmpty()) {
            OwnHelp.print(commandNames(session), gateway.commands(), session.getConsole());
        }
    }

    private static Set<String> commandNames(CommandSession session) {
        Set<String> own = new TreeSet<>();
        if (session.get(".commands") instanceof Collection<?> names) {
            for (Object name : names) {
                if (name.toString().startsWith("bp:")) {
                    own.add(name.toString().substring(3));
                }
            }
        }
        return own;
    }

    /** Symbolic names of the bundles there are. */
    Set<String> bundleNames() {
        Set<String> names = new TreeSet<>();
        for (Bundle bundle : context.getBundles()) {
            names.add(bundle.getSymbolicName());
        }
        return names;
    }

    /** Lets Gogo's commands take bundles by id or name; its own converter is in a shell we lack. */
    Converter bundleConverter() {
        return new BundleConverter();
    }

    private final class BundleConverter implements Converter {
        @Override
        public Object convert(Class<?> desired, Object in) {
            if (desired != Bundle.class || in instanceof Bundle) {
                return null;
            }
            String text = in.toString();
            if (text.matches("\\d{1,18}")) {
                Bundle bundle = context.getBundle(Long.parseLong(text));
                if (bundle == null) {
                    throw new UsageException("there is no bundle " + text);
                }
                return bundle;
            }
            List<Bundle> found = new ArrayList<>();
            for (Bundle bundle : context.getBundles()) {
                if (text.equals(bundle.getSymbolicName())) {
                    found.add(bundle);
                }
            }
            if (found.size() > 1) {
                throw new UsageException("there are several bundles '" + text + "': "
                        + String.join(", ", found.stream().map(b -> b.getBundleId() + " ("
                                + b.getVersion() + ")").toList()));
            }
            return found.isEmpty() ? null : found.getFirst();
        }

        @Override
        public CharSequence format(Object target, int level, Converter escape) {
            return target instanceof Bundle bundle ? bundle.getBundleId() + " "
                    + bundle.getSymbolicName() + " " + bundle.getVersion() + " " + state(bundle)
                    : null;
        }
    }
}
