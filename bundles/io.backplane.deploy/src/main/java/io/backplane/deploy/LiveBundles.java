package io.backplane.deploy;

import io.backplane.deploy.LiveBundle.State;
import io.backplane.deploy.LiveBundle.Wire;
import io.backplane.deploy.Refusal.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bundles of the framework that runs. */
final class LiveBundles implements BundleHost {
    private static final Logger LOG = LoggerFactory.getLogger(LiveBundles.class);

    private final BundleContext framework;
    private final ServiceComponentRuntime components;

    /** @param framework the system bundle's context, which outlives ours */
    LiveBundles(BundleContext framework, ServiceComponentRuntime components) {
        this.framework = framework;
        this.components = components;
    }

    // ---- looking

    @Override
    public World world() {
        List<LiveBundle> all = new ArrayList<>();
        for (Bundle bundle : framework.getBundles()) {
            BundleRevision revision = bundle.adapt(BundleRevision.class);
            if (revision != null && bundle.getSymbolicName() != null) {
                all.add(live(bundle, revision));
            }
        }
        return new World(all);
    }

    private static LiveBundle live(Bundle bundle, BundleRevision revision) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        List<Wire> wires = new ArrayList<>();
        if (wiring != null) {
            for (BundleWire wire : wiring.getRequiredWires(null)) {
                wires.add(new Wire(requirement(wire.getRequirement()),
                        wire.getProvider().getBundle().getBundleId()));
            }
        }
        return new LiveBundle(bundle.getBundleId(), bundle.getSymbolicName(),
                bundle.getVersion(), bundle.getLocation(), state(bundle), singleton(revision),
                revision.getDeclaredCapabilities(null).stream()
                        .map(LiveBundles::capability).toList(),
                revision.getDeclaredRequirements(null).stream()
                        .filter(r -> isForResolving(r)).map(LiveBundles::requirement).toList(),
                wires);
    }

    private static boolean singleton(BundleRevision revision) {
        return revision.getDeclaredCapabilities("osgi.identity").stream()
                .anyMatch(c -> "true".equals(c.getDirectives().get("singleton")));
    }

    private static boolean isForResolving(BundleRequirement requirement) {
        String effective = requirement.getDirectives().get("effective");
        return effective == null || effective.equals("resolve");
    }

    private static Requirement requirement(BundleRequirement requirement) {
        String resolution = requirement.getDirectives().get("resolution");
        return new Requirement(requirement.getNamespace(),
                requirement.getDirectives().get("filter"),
                resolution != null && !resolution.equals("mandatory"));
    }

    private static Capability capability(BundleCapability capability) {
        return new Capability(capability.getNamespace(), capability.getAttributes());
    }

    private static State state(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.RESOLVED -> State.RESOLVED;
            case Bundle.STARTING -> State.STARTING;
            case Bundle.ACTIVE -> State.ACTIVE;
            case Bundle.STOPPING -> State.STOPPING;
            default -> State.UNRESOLVED;
        };
    }

    @Override
    public byte[] classFile(long bundleId, String internalName) {
        Bundle bundle = framework.getBundle(bundleId);
        URL entry = bundle == null ? null : bundle.getEntry(internalName + ".class");
        if (entry == null) {
            return null;
        }
        try (InputStream in = entry.openStream()) {
            return in.readAllBytes();
        } catch (IOException e) {
            return null;
        }
    }

    // ---- changing

    private interface Change<R> {
        R make() throws BundleException;
    }

    private <R> R change(Change<R> change) throws Refusal {
        try {
            return change.make();
        } catch (BundleException e) {
            throw FrameworkFailure.refusal(e.getType() == BundleException.RESOLVE_ERROR, e);
        } catch (IllegalStateException e) {
            throw new Refusal(Kind.FRAMEWORK, "the bundle is gone: " + e.getMessage());
        }
    }

    private Bundle bundle(long id) {
        Bundle bundle = framework.getBundle(id);
        if (bundle == null) {
            throw new IllegalStateException("no bundle " + id);
        }
        return bundle;
    }

    @Override
    public long install(String location, byte[] jar) throws Refusal {
        // The start level stays the framework's initial one: its thread would change it later, and
        // a bundle that hangs would then hold up that thread and with it the daemon's stop.
        return change(() -> framework.installBundle(location, new ByteArrayInputStream(jar))
                .getBundleId());
    }

    @Override
    public void start(long bundleId) throws Refusal {
        change(() -> {
            if (bundle(bundleId).getHeaders("").get(Constants.FRAGMENT_HOST) == null) {
                bundle(bundleId).start(Bundle.START_ACTIVATION_POLICY);
            }
            return null;
        });
    }

    @Override
    public void stop(long bundleId) throws Refusal {
        change(() -> {
            bundle(bundleId).stop(Bundle.STOP_TRANSIENT);
            return null;
        });
    }

    @Override
    public void update(long bundleId, byte[] jar) throws Refusal {
        change(() -> {
            bundle(bundleId).update(new ByteArrayInputStream(jar));
            return null;
        });
    }

    @Override
    public void uninstall(long bundleId) throws Refusal {
        change(() -> {
            bundle(bundleId).uninstall();
            return null;
        });
    }

    @Override
    public void refresh(Collection<Long> bundleIds) throws Refusal {
        List<Bundle> bundles = bundleIds.stream().map(framework::getBundle)
                .filter(b -> b != null).toList();
        refreshAndWait(bundles);
    }

    private void refreshAndWait(Collection<Bundle> bundles) throws Refusal {
        CountDownLatch done = new CountDownLatch(1);
        FrameworkListener listener = event -> {
            if (event.getType() == FrameworkEvent.PACKAGES_REFRESHED) {
                done.countDown();
            }
        };
        wiring().refreshBundles(bundles, listener);
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal(Kind.HUNG, "the refresh was interrupted");
        }
    }

    private FrameworkWiring wiring() {
        return framework.getBundle(0).adapt(FrameworkWiring.class);
    }

    @Override
    public void settle() {
        List<Bundle> unused = wiring().getRemovalPendingBundles().stream()
                .filter(b -> wiring().getDependencyClosure(List.of(b)).stream()
                        .allMatch(d -> d.equals(b) || d.getState() != Bundle.ACTIVE)).toList();
        if (!unused.isEmpty()) {
            wiring().refreshBundles(unused);
        }
        for (Bundle bundle : framework.getBundles()) {
            BundleStartLevel level = bundle.adapt(BundleStartLevel.class);
            if ((bundle.getState() == Bundle.INSTALLED || bundle.getState() == Bundle.RESOLVED)
                    && bundle.getLocation().startsWith("reference:")
                    && level != null && level.isPersistentlyStarted()) {
                startAgain(bundle);
            }
        }
    }

    /** The framework starts what a refresh stopped, but not what did not resolve meanwhile. */
    private static void startAgain(Bundle bundle) {
        try {
            bundle.start(Bundle.START_TRANSIENT | Bundle.START_ACTIVATION_POLICY);
        } catch (BundleException | IllegalStateException e) {
            LOG.warn("bundle {} still does not start: {}", bundle.getSymbolicName(),
                    e.getMessage());
        }
    }

    // ---- components

    @Override
    public List<String> failedComponents(long bundleId) {
        List<String> failed = new ArrayList<>();
        for (ComponentConfigurationDTO each : configurations(bundleId)) {
            if (each.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
                failed.add(FrameworkFailure.ofComponent(each.description.implementationClass,
                        each.failure));
            }
        }
        return failed;
    }

    @Override
    public List<String> waitsFor(long bundleId) {
        List<String> waiting = new ArrayList<>();
        for (ComponentConfigurationDTO each : configurations(bundleId)) {
            for (UnsatisfiedReferenceDTO reference : each.unsatisfiedReferences) {
                waiting.add("component " + each.description.implementationClass
                        + " waits for a service: its reference " + reference.name
                        + interfaceOf(each.description, reference.name)
                        + (reference.target == null ? "" : " " + reference.target));
            }
        }
        return waiting;
    }

    private static String interfaceOf(ComponentDescriptionDTO description, String reference) {
        for (var each : description.references) {
            if (each.name.equals(reference)) {
                return ", " + each.interfaceName;
            }
        }
        return "";
    }

    private List<ComponentConfigurationDTO> configurations(long bundleId) {
        Bundle bundle = framework.getBundle(bundleId);
        if (bundle == null) {
            return List.of();
        }
        return components.getComponentDescriptionDTOs(bundle).stream()
                .flatMap(d -> components.getComponentConfigurationDTOs(d).stream()).toList();
    }
}
