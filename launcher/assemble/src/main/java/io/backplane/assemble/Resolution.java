package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.felix.framework.FrameworkFactory;
import org.apache.felix.framework.Logger;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * Resolves the bundles of a distribution as its framework will: by the framework itself, with its
 * configuration, in a scratch folder, without starting a bundle. Then every service that a bundle
 * declares to need must be declared by another, by the launcher or by the framework.
 */
final class Resolution implements AutoCloseable {
    private static final String SERVICE = "osgi.service";

    /** The framework's own messages would repeat ours. */
    private static final class Silence extends Logger {
        @SuppressWarnings("rawtypes") // as in the overridden method
        @Override
        protected void doLog(Bundle bundle, ServiceReference service, int level, String message,
                Throwable failure) {
            // Nothing: every failure is reported by its exception.
        }
    }

    private final Framework framework;
    private final Map<Bundle, Selected> bundles = new LinkedHashMap<>();

    private Resolution(Framework framework) {
        this.framework = framework;
    }

    /** Opens one; {@code config}: the framework properties of the distribution. */
    static Resolution open(Properties config, Path scratch) throws AssemblyException {
        Map<String, Object> properties = new HashMap<>();
        config.stringPropertyNames().forEach(n -> properties.put(n, config.getProperty(n)));
        properties.put(Constants.FRAMEWORK_STORAGE, scratch.toString());
        properties.put("felix.log.logger", new Silence());
        properties.put("felix.cache.locking", "false");
        Framework framework = new FrameworkFactory().newFramework(properties);
        try {
            framework.init();
        } catch (BundleException e) {
            throw new AssemblyException("the framework does not start: " + e.getMessage(), e);
        }
        return new Resolution(framework);
    }

    /**
     * Checks that {@code selected} run together.
     *
     * @param others jars that could be added, by the name of a feature that has them, for hints
     * @throws AssemblyException naming each requirement that nothing meets, and near misses
     */
    void check(List<Selected> selected, Map<Path, String> others) throws AssemblyException {
        for (Selected each : selected) {
            bundles.put(install(each), each);
        }
        boolean isResolved = framework.adapt(FrameworkWiring.class)
                .resolveBundles(bundles.keySet());
        List<BundleRequirement> unmet = unmet();
        if (!unmet.isEmpty()) {
            throw new AssemblyException(explain(unmet, others));
        }
        if (!isResolved) {
            throw new AssemblyException(firstRefusal());
        }
    }

    private Bundle install(Selected selected) throws AssemblyException {
        try {
            Bundle bundle = framework.getBundleContext()
                    .installBundle("reference:" + selected.jar().toUri());
            if (bundle.getSymbolicName() == null) {
                throw new AssemblyException(selected.name()
                        + " is not a bundle: its manifest has no Bundle-SymbolicName");
            }
            Selected other = bundles.get(bundle);
            if (other != null) {
                throw new AssemblyException(selected.name() + " is there twice");
            }
            return bundle;
        } catch (BundleException e) {
            throw new AssemblyException(selected.name() + " can't be installed: "
                    + e.getMessage(), e);
        }
    }

    /** Mandatory requirements, at resolving or at run time, for which no capability is there. */
    private List<BundleRequirement> unmet() {
        List<BundleRequirement> unmet = new ArrayList<>();
        for (Bundle bundle : bundles.keySet()) {
            for (BundleRequirement need
                    : bundle.adapt(BundleRevision.class).getDeclaredRequirements(null)) {
                if (isMandatory(need) && capabilities().stream().noneMatch(need::matches)) {
                    unmet.add(need);
                }
            }
        }
        return unmet;
    }

    private static boolean isMandatory(BundleRequirement need) {
        String effective = need.getDirectives().getOrDefault("effective", "resolve");
        String resolution = need.getDirectives().getOrDefault("resolution", "mandatory");
        return resolution.equals("mandatory")
                && (effective.equals("resolve") || need.getNamespace().equals(SERVICE));
    }

    private Collection<BundleCapability> capabilities() {
        List<BundleCapability> capabilities = new ArrayList<>(
                framework.adapt(BundleRevision.class).getDeclaredCapabilities(null));
        for (Bundle bundle : bundles.keySet()) {
            capabilities.addAll(bundle.adapt(BundleRevision.class).getDeclaredCapabilities(null));
        }
        return capabilities;
    }

    private String explain(List<BundleRequirement> unmet, Map<Path, String> others) {
        Map<BundleCapability, String> offers = offers(others);
        Map<String, TreeSet<String>> needs = new TreeMap<>();
        for (BundleRequirement need : unmet) {
            Bundle bundle = need.getRevision().getBundle();
            Requirement requirement = Requirement.of(need);
            String hint = requirement.nearMiss(need, capabilities(), offers);
            needs.computeIfAbsent("  " + bundle.getSymbolicName() + " " + bundle.getVersion()
                    + " needs %s; " + hint, k -> new TreeSet<>()).add(requirement.toString());
        }
        List<String> lines = needs.entrySet().stream()
                .map(e -> e.getKey().formatted(String.join(", ", e.getValue()))).toList();
        return "the bundles do not fit together; nothing here provides what these need:\n" + String.join("\n", lines);
    }

    /** What bundles of features not chosen provide. */
    private Map<BundleCapability, String> offers(Map<Path, String> others) {
        Map<BundleCapability, String> offers = new LinkedHashMap<>();
        for (Map.Entry<Path, String> other : others.entrySet()) {
            try {
                Bundle bundle = framework.getBundleContext()
                        .installBundle("reference:" + other.getKey().toUri());
                for (BundleCapability each
                        : bundle.adapt(BundleRevision.class).getDeclaredCapabilities(null)) {
                    offers.put(each, other.getValue());
                }
            } catch (BundleException e) {
                // A bundle that can't be installed is no help; the message does without it.
                continue;
            }
        }
        return offers;
    }

    /** Everything is there, but it does not go together: what the framework says of one. */
    private String firstRefusal() {
        for (Map.Entry<Bundle, Selected> entry : bundles.entrySet()) {
            if (entry.getKey().getState() == Bundle.INSTALLED) {
                try {
                    entry.getKey().start(Bundle.START_TRANSIENT);
                } catch (BundleException e) {
                    return entry.getValue().name() + " can't be resolved: " + e.getMessage();
                }
            }
        }
        return "the framework does not resolve the bundles";
    }

    @Override
    public void close() throws IOException {
        try {
            framework.stop();
            framework.waitForStop(0);
        } catch (BundleException e) {
            throw new IOException("the framework does not stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
