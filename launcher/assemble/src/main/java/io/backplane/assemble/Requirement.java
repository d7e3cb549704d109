package io.backplane.assemble;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;

/**
 * A requirement in words, and what comes near to meeting it.
 *
 * @param namespace such as {@code osgi.wiring.package}
 * @param name what is required; empty if the filter does not say so by equality
 * @param detail more of it: a version range, or the filter
 */
record Requirement(String namespace, String name, String detail) {
    private static final Map<String, String> WORDS = Map.of("osgi.wiring.package", "the package",
            "osgi.service", "the service", "osgi.wiring.bundle", "the bundle",
            "osgi.wiring.host", "the host bundle", "osgi.extender", "the extender",
            "osgi.ee", "the execution environment");
    private static final Pattern FROM = Pattern.compile("\\(version>=([\\w.-]+)\\)");
    private static final Pattern BELOW = Pattern.compile("\\(!\\(version>=([\\w.-]+)\\)\\)");

    static Requirement of(BundleRequirement need) {
        String namespace = need.getNamespace();
        String filter = need.getDirectives().getOrDefault("filter", "");
        String key = namespace.equals("osgi.service") ? "objectClass" : namespace;
        Matcher name = Pattern.compile("\\(" + Pattern.quote(key) + "=([^)*]+)\\)")
                .matcher(filter);
        if (!name.find()) {
            return new Requirement(namespace, "", filter);
        }
        String rest = filter.replace(name.group(), "").replaceAll("^\\(&(.*)\\)$", "$1");
        return new Requirement(namespace, name.group(1), detail(rest));
    }

    private static String detail(String filter) {
        Matcher below = BELOW.matcher(filter);
        String to = below.find() ? below.group(1) : null;
        Matcher from = FROM.matcher(BELOW.matcher(filter).replaceAll(""));
        if (from.find()) {
            return to == null ? "in version " + from.group(1) + " or later"
                    : "in version [" + from.group(1) + "," + to + ")";
        }
        return filter;
    }

    /** The requirement as the rest of a sentence. */
    @Override
    public String toString() {
        String word = WORDS.getOrDefault(namespace, "the capability " + namespace);
        return word + (name.isEmpty() ? "" : " " + name)
                + (detail.isEmpty() ? "" : " " + detail);
    }

    /**
     * What may help: a feature that has it, other versions of it, similar names.
     *
     * @param present capabilities of the bundles chosen
     * @param offers capabilities of bundles not chosen, with their features
     */
    String nearMiss(BundleRequirement need, Collection<BundleCapability> present,
            Map<BundleCapability, String> offers) {
        Set<String> features = new TreeSet<>();
        for (Map.Entry<BundleCapability, String> offer : offers.entrySet()) {
            if (need.matches(offer.getKey())) {
                features.add("'" + offer.getValue() + "' ("
                        + offer.getKey().getRevision().getSymbolicName() + ")");
            }
        }
        if (!features.isEmpty()) {
            return "the feature " + String.join(" or ", features) + " has it";
        }
        List<BundleCapability> all = new ArrayList<>(present);
        all.addAll(offers.keySet());
        String versions = otherVersions(all);
        return versions.isEmpty() ? similar(all) : versions;
    }

    private String otherVersions(List<BundleCapability> all) {
        Set<String> versions = new TreeSet<>();
        for (BundleCapability each : all) {
            if (!name.isEmpty() && names(each).contains(name)) {
                Object version = each.getAttributes().get(namespace.equals("osgi.wiring.bundle")
                        || namespace.equals("osgi.wiring.host") ? "bundle-version" : "version");
                versions.add(each.getRevision().getSymbolicName()
                        + (version == null ? " has it, with other attributes"
                                : " has it in version " + version));
            }
        }
        return versions.isEmpty() ? "" : String.join(", ", versions);
    }

    private String similar(List<BundleCapability> all) {
        Set<String> names = new TreeSet<>();
        for (BundleCapability each : all) {
            if (each.getNamespace().equals(namespace)) {
                names.addAll(names(each));
            }
        }
        List<String> nearest = Nearest.of(name, names);
        return nearest.isEmpty() ? "nothing like it is known"
                : "near misses: " + String.join(", ", nearest);
    }

    /** The names under which a capability answers in this namespace. */
    private Collection<String> names(BundleCapability capability) {
        if (!capability.getNamespace().equals(namespace)) {
            return List.of();
        }
        Object names = capability.getAttributes()
                .get(namespace.equals("osgi.service") ? "objectClass" : namespace);
        return names instanceof Collection<?> many ? many.stream().map(Object::toString).toList()
                : names == null ? List.of() : List.of(names.toString());
    }
}
