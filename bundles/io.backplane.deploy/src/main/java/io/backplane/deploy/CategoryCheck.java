package io.backplane.deploy;

import io.backplane.categories.CategoryChecker;
import io.backplane.categories.Violation;
import io.backplane.deploy.Refusal.Kind;
import java.util.Comparator;
import java.util.List;

/**
 * Holds a jar against the categories before it is installed, so that the refusal can be told. Jars
 * with jars inside are left to the guard, which looks again when a bundle is resolved.
 */
final class CategoryCheck {
    private static final String OURS = "io.backplane.";

    private final BundleHost host;
    private final boolean lenient;

    /** @param lenient whether the guard only warns */
    CategoryCheck(BundleHost host, boolean lenient) {
        this.host = host;
        this.lenient = lenient;
    }

    void require(JarFacts jar, World world) throws Refusal {
        boolean knowsUs = jar.requirements().stream()
                .anyMatch(r -> r.isPackage() && r.name().startsWith(OURS));
        if (lenient || !knowsUs || jar.embedsJars()) {
            return;
        }
        List<Violation> violations;
        try {
            violations = new CategoryChecker(jar.classes(),
                    name -> imported(jar, world, name)).check();
        } catch (RuntimeException | StackOverflowError e) {
            throw new Refusal(Kind.CATEGORY, "its classes cannot be checked: " + e);
        }
        if (!violations.isEmpty()) {
            throw new Refusal(Kind.CATEGORY, violations.getFirst() + (violations.size() == 1 ? ""
                    : " (and " + (violations.size() - 1) + " more)"));
        }
    }

    /** The class file from the bundle that the resolver would take the package from. */
    private byte[] imported(JarFacts jar, World world, String internalName) {
        int slash = internalName.lastIndexOf('/');
        String name = slash < 0 ? "" : internalName.substring(0, slash).replace('/', '.');
        if (!name.startsWith(OURS)) {
            return null;
        }
        Requirement wanted = jar.requirements().stream()
                .filter(r -> r.isPackage() && r.name().equals(name)).findFirst().orElse(null);
        return world.bundles().stream()
                .filter(b -> b.id() != 0 && version(b, name, wanted) != null)
                .max(Comparator.comparing((LiveBundle b) -> b.isResolved())
                        .thenComparing(b -> version(b, name, wanted)))
                .map(b -> host.classFile(b.id(), internalName)).orElse(null);
    }

    private static org.osgi.framework.Version version(LiveBundle bundle, String name,
            Requirement wanted) {
        return bundle.capabilities().stream().filter(Capability::isPackage)
                .filter(c -> c.name().equals(name) && (wanted == null || wanted.isMetBy(c)))
                .map(Capability::version).max(Comparator.naturalOrder()).orElse(null);
    }
}
