package io.backplane.categories.guard;

import io.backplane.categories.CategoryChecker;
import io.backplane.categories.Violation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.annotation.bundle.Header;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.hooks.resolver.ResolverHook;
import org.osgi.framework.hooks.resolver.ResolverHookFactory;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a bundle from resolving, so that no class of it is ever loaded, if its methods make calls
 * that their categories forbid: one sentence in the log, and the bundle stays installed. Bundles
 * that are there before this one starts are the distribution's, which its build has checked; an
 * update of one is checked.
 */
@Header(name = Constants.BUNDLE_ACTIVATOR, value = "${@class}")
public final class GuardComponent implements BundleActivator, ResolverHookFactory, ResolverHook {
    private static final Logger LOG = LoggerFactory.getLogger(GuardComponent.class);
    private static final String MODE = "backplane.categories";
    private static final String OURS = "io.backplane.";

    /** What was found for a bundle as it was at one time. */
    private record Verdict(long lastModified, boolean accepted) {
    }

    // Set by start
    private BundleContext context;
    private boolean lenient;

    // Any thread
    private final Map<Long, Verdict> verdicts = new ConcurrentHashMap<>();

    @Override
    public void start(BundleContext bundleContext) {
        context = bundleContext;
        String mode = context.getProperty(MODE);
        lenient = "lenient".equals(mode);
        if (mode != null && !lenient && !mode.equals("strict")) {
            LOG.warn("{}={} is neither 'strict' nor 'lenient': strict", MODE, mode);
        }
        for (Bundle bundle : context.getBundles()) {
            verdicts.put(bundle.getBundleId(), new Verdict(bundle.getLastModified(), true));
        }
        context.addBundleListener(this::bundleEvent);
        context.registerService(ResolverHookFactory.class, this, null);
    }

    private void bundleEvent(BundleEvent event) {
        if (event.getType() == BundleEvent.UNINSTALLED) {
            verdicts.remove(event.getBundle().getBundleId());
        }
    }

    @Override
    public void stop(BundleContext bundleContext) {
        // the framework takes the service back
    }

    @Override
    public ResolverHook begin(Collection<BundleRevision> triggers) {
        return this;
    }

    @Override
    public void filterResolvable(Collection<BundleRevision> candidates) {
        candidates.removeIf(candidate -> !isAccepted(candidate));
    }

    @Override
    public void filterSingletonCollisions(BundleCapability singleton,
            Collection<BundleCapability> candidates) {
        // not its subject
    }

    @Override
    public void filterMatches(BundleRequirement requirement,
            Collection<BundleCapability> candidates) {
        // not its subject
    }

    @Override
    public void end() {
        // keeps nothing of one run of the resolver
    }

    private boolean isAccepted(BundleRevision revision) {
        Bundle bundle = revision.getBundle();
        long lastModified = bundle.getLastModified();
        Verdict known = verdicts.get(bundle.getBundleId());
        if (known == null || known.lastModified != lastModified) {
            known = new Verdict(lastModified, judge(bundle, revision));
            verdicts.put(bundle.getBundleId(), known);
        }
        return known.accepted;
    }

    private boolean judge(Bundle bundle, BundleRevision revision) {
        if (!knowsUs(bundle, revision)) {
            return true;
        }
        String fault;
        try {
            List<Violation> violations = new CategoryChecker(new BundleClasses(bundle::getEntry,
                    bundle::getEntryPaths, bundle.getHeaders("").get(Constants.BUNDLE_CLASSPATH))
                    .all(), name -> imported(revision, name)).check();
            if (violations.isEmpty()) {
                return true;
            }
            fault = violations.getFirst() + (violations.size() == 1 ? ""
                    : " (and " + (violations.size() - 1) + " more)");
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // Thrown on, it would keep every bundle from resolving.
            fault = "its classes cannot be checked: " + e;
        }
        if (lenient) {
            LOG.warn("bundle {} {} breaks its categories and is let in: {}",
                    bundle.getSymbolicName(), bundle.getVersion(), fault);
        } else {
            LOG.error("bundle {} {} is refused: {}", bundle.getSymbolicName(),
                    bundle.getVersion(), fault);
        }
        return lenient;
    }

    /** Whether it can have a class of ours; what does not know us has no categories. */
    private static boolean knowsUs(Bundle bundle, BundleRevision revision) {
        if (bundle.getHeaders("").get(Constants.DYNAMICIMPORT_PACKAGE) != null
                || bundle.getHeaders("").get(Constants.REQUIRE_BUNDLE) != null) {
            return true;
        }
        return revision.getDeclaredRequirements(PackageNamespace.PACKAGE_NAMESPACE).stream()
                .anyMatch(r -> String.valueOf(r.getDirectives().get(Constants.FILTER_DIRECTIVE))
                        .contains(OURS));
    }

    /** The class file from the bundle whose package the resolver would wire. */
    private byte[] imported(BundleRevision importer, String internalName) {
        int slash = internalName.lastIndexOf('/');
        String name = slash < 0 ? "" : internalName.substring(0, slash).replace('/', '.');
        Bundle exporter = name.startsWith(OURS) ? exporter(importer, name) : null;
        try {
            return exporter == null || exporter.getBundleId() == Constants.SYSTEM_BUNDLE_ID ? null
                    : BundleClasses.read(exporter.getEntry(internalName + ".class"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Bundle exporter(BundleRevision importer, String name) {
        List<BundleRequirement> imports = importer.getDeclaredRequirements(
                PackageNamespace.PACKAGE_NAMESPACE);
        BundleCapability best = null;
        for (Bundle bundle : context.getBundles()) {
            BundleRevision revision = bundle.adapt(BundleRevision.class);
            if (revision == null || bundle.getBundleId() == importer.getBundle().getBundleId()) {
                continue;
            }
            for (BundleCapability offer : revision.getDeclaredCapabilities(
                    PackageNamespace.PACKAGE_NAMESPACE)) {
                if (name.equals(offer.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE))
                        && isBetter(offer, best, imports)) {
                    best = offer;
                }
            }
        }
        return best == null ? null : best.getRevision().getBundle();
    }

    /** As the resolver prefers: what the import allows, what is resolved, the highest version. */
    private static boolean isBetter(BundleCapability offer, BundleCapability best,
            List<BundleRequirement> imports) {
        if (best == null) {
            return true;
        }
        boolean allowed = imports.stream().anyMatch(r -> r.matches(offer));
        if (allowed != imports.stream().anyMatch(r -> r.matches(best))) {
            return allowed;
        }
        boolean resolved = isResolved(offer);
        return resolved != isResolved(best) ? resolved
                : version(offer).compareTo(version(best)) > 0;
    }

    private static boolean isResolved(BundleCapability offer) {
        return (offer.getRevision().getBundle().getState() & (Bundle.INSTALLED
                | Bundle.UNINSTALLED)) == 0;
    }

    private static Version version(BundleCapability offer) {
        return offer.getAttributes().get(PackageNamespace.CAPABILITY_VERSION_ATTRIBUTE)
                instanceof Version version ? version : Version.emptyVersion;
    }
}
