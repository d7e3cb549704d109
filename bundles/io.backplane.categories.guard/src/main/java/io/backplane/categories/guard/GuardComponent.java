package io.backplane.categories.guard;

import io.backplane.categories.CategoryChecker;
import io.backplane.categories.Violation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
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
public final class GuardComponent implements BundleActivator, ResolverHookFactory {
    private static final Logger LOG = LoggerFactory.getLogger(GuardComponent.class);
    private static final String MODE = "backplane.categories";
    private static final String OURS = "io.backplane.";

    /**
     * What was found for a bundle as it was at one time.
     *
     * @param revision its content; null: of the distribution
     * @param exporters whose packages it was held against
     * @param fault why it is refused; null: it is not
     */
    private record Verdict(WeakReference<BundleRevision> revision, long lastModified,
            Map<String, Exporter> exporters, String fault) {
    }

    /** Who gave a package, as it was at one time; {@code NOBODY} has none. */
    private record Exporter(long bundleId, long lastModified) {
        private static final Exporter NOBODY = new Exporter(-1, 0);

        static Exporter of(Bundle bundle) {
            return bundle == null ? NOBODY
                    : new Exporter(bundle.getBundleId(), bundle.getLastModified());
        }
    }

    // Set by start
    private BundleContext context;
    private boolean lenient;

    // Any thread
    private final Map<Long, Verdict> verdicts = new ConcurrentHashMap<>();
    private final Map<Long, String> told = new ConcurrentHashMap<>();
    private final SeenClasses<Verdict> seen = new SeenClasses<>();

    @Override
    public void start(BundleContext bundleContext) {
        context = bundleContext;
        String mode = context.getProperty(MODE);
        lenient = "lenient".equals(mode);
        if (mode != null && !lenient && !mode.equals("strict")) {
            LOG.warn("{}={} is neither 'strict' nor 'lenient': strict", MODE, mode);
        }
        for (Bundle bundle : context.getBundles()) {
            verdicts.put(bundle.getBundleId(), new Verdict(null, bundle.getLastModified(),
                    Map.of(), null));
        }
        context.addBundleListener(this::bundleEvent);
        context.registerService(ResolverHookFactory.class, this, null);
    }

    private void bundleEvent(BundleEvent event) {
        if (event.getType() == BundleEvent.UNINSTALLED) {
            verdicts.remove(event.getBundle().getBundleId());
            told.remove(event.getBundle().getBundleId());
        }
    }

    @Override
    public void stop(BundleContext bundleContext) {
        // the framework takes the service back
    }

    @Override
    public ResolverHook begin(Collection<BundleRevision> triggers) {
        return new Run();
    }

    /** One run of the resolver, in which each bundle is looked at once. */
    private final class Run implements ResolverHook {
        private final Map<BundleRevision, Boolean> accepted = new IdentityHashMap<>();

        /** A bundle that is refused gets nothing that it needs, and so does not resolve. */
        @Override
        public void filterMatches(BundleRequirement requirement,
                Collection<BundleCapability> candidates) {
            if (!accepted.computeIfAbsent(requirement.getRevision(),
                    GuardComponent.this::isAccepted)) {
                candidates.clear();
            }
        }

        @Override
        public void filterResolvable(Collection<BundleRevision> candidates) {
            // Felix takes what is left for all there is: without even one bundle nobody else would
            // get packages of those that are resolved already.
        }

        @Override
        public void filterSingletonCollisions(BundleCapability singleton,
                Collection<BundleCapability> candidates) {
            // not its subject
        }

        @Override
        public void end() {
            accepted.clear();
        }
    }

    private boolean isAccepted(BundleRevision revision) {
        Bundle bundle = revision.getBundle();
        Verdict verdict = verdicts.get(bundle.getBundleId());
        if (verdict == null || !isOf(verdict, revision)) {
            verdict = judge(bundle, revision);
            tell(bundle, verdict.fault);
            verdicts.put(bundle.getBundleId(), verdict);
        }
        return verdict.fault == null || lenient;
    }

    /** Whether neither the bundle nor anybody it was held against has changed since. */
    private boolean isOf(Verdict verdict, BundleRevision revision) {
        if (verdict.lastModified != revision.getBundle().getLastModified()) {
            return false;
        }
        return verdict.revision == null
                || verdict.revision.refersTo(revision) && stands(verdict, revision);
    }

    private boolean stands(Verdict verdict, BundleRevision revision) {
        return verdict.exporters.entrySet().stream().allMatch(e -> e.getValue().equals(
                Exporter.of(exporter(revision, e.getKey()))));
    }

    private Verdict judge(Bundle bundle, BundleRevision revision) {
        // Read before the content, so that what changes meanwhile makes the verdict an old one.
        long lastModified = bundle.getLastModified();
        WeakReference<BundleRevision> of = new WeakReference<>(revision);
        if (!knowsUs(bundle, revision)) {
            return new Verdict(of, lastModified, Map.of(), null);
        }
        try {
            List<byte[]> classes = new BundleClasses(bundle::getEntry, bundle::getEntryPaths,
                    bundle.getHeaders("").get(Constants.BUNDLE_CLASSPATH)).all();
            Verdict known = seen.find(classes, before -> stands(before, revision));
            if (known == null) {
                known = check(classes, revision);
                seen.add(classes, known);
            }
            return new Verdict(of, lastModified, known.exporters, known.fault);
        } catch (IOException | RuntimeException | Error e) {
            // Thrown on, it would let the bundle in. Looked at again next time, for it may be that
            // somebody left while his classes were read.
            return new Verdict(of, -1, Map.of(), "its classes cannot be checked: " + e);
        }
    }

    private Verdict check(List<byte[]> classes, BundleRevision revision) {
        Map<String, Exporter> exporters = new HashMap<>();
        List<Violation> violations = new CategoryChecker(classes,
                name -> imported(revision, name, exporters)).check();
        return new Verdict(null, 0, exporters, violations.isEmpty() ? null : violations.getFirst()
                + (violations.size() == 1 ? "" : " (and " + (violations.size() - 1) + " more)"));
    }

    /** Once for each reason, however often it is looked at. */
    private void tell(Bundle bundle, String fault) {
        if (fault == null) {
            told.remove(bundle.getBundleId());
        } else if (!fault.equals(told.put(bundle.getBundleId(), fault))) {
            if (lenient) {
                LOG.warn("bundle {} {} breaks its categories and is let in: {}",
                        bundle.getSymbolicName(), bundle.getVersion(), fault);
            } else {
                LOG.error("bundle {} {} is refused: {}", bundle.getSymbolicName(),
                        bundle.getVersion(), fault);
            }
        }
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
    private byte[] imported(BundleRevision importer, String internalName,
            Map<String, Exporter> exporters) {
        int slash = internalName.lastIndexOf('/');
        String name = slash < 0 ? "" : internalName.substring(0, slash).replace('/', '.');
        if (!name.startsWith(OURS)) {
            return null;
        }
        Bundle exporter = exporter(importer, name);
        Exporter now = Exporter.of(exporter);
        if (!now.equals(exporters.computeIfAbsent(name, _ -> now))) {
            throw new IllegalStateException("who exports " + name + " changed meanwhile");
        }
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
