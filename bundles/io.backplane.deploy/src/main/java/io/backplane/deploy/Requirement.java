package io.backplane.deploy;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.VersionRange;
import org.osgi.framework.namespace.BundleNamespace;
import org.osgi.framework.namespace.ExecutionEnvironmentNamespace;
import org.osgi.framework.namespace.HostNamespace;
import org.osgi.framework.namespace.PackageNamespace;

/**
 * What a bundle needs of others to be resolved.
 *
 * @param namespace such as {@code osgi.wiring.package}
 * @param filter    what the attributes of a provider must match; null: anything
 * @param optional  whether it resolves without
 */
record Requirement(String namespace, String filter, boolean optional) {
    private static final Pattern FROM = Pattern.compile("version>=([^)]+)\\)");
    private static final Pattern BELOW = Pattern.compile("!\\([a-z-]*version>=([^)]+)\\)");
    private static final Pattern EXACT = Pattern.compile("[(]version=([^)]+)\\)");

    /** An import of a package. */
    static Requirement ofPackage(String name, Clause clause) {
        return of(PackageNamespace.PACKAGE_NAMESPACE, name, "version", clause);
    }

    /** A required bundle. */
    static Requirement ofBundle(String name, Clause clause) {
        return of(BundleNamespace.BUNDLE_NAMESPACE, name, "bundle-version", clause);
    }

    /** The host of a fragment. */
    static Requirement ofHost(String name, Clause clause) {
        return of(HostNamespace.HOST_NAMESPACE, name, "bundle-version", clause);
    }

    private static Requirement of(String namespace, String name, String versionKey,
            Clause clause) {
        StringBuilder filter = new StringBuilder("(" + namespace + "=" + name + ")");
        for (Map.Entry<String, Object> attribute : clause.attributes().entrySet()) {
            String key = attribute.getKey();
            if (key.equals("version") || key.equals("bundle-version")) {
                filter.append(VersionRange.valueOf(attribute.getValue().toString())
                        .toFilterString(key.equals("version") ? versionKey : key));
            } else {
                filter.append('(').append(key).append('=').append(attribute.getValue())
                        .append(')');
            }
        }
        return new Requirement(namespace, "(&" + filter + ")", isOptional(clause));
    }

    /** Of a Require-Capability header. */
    static Requirement ofCapability(String namespace, Clause clause) {
        return new Requirement(namespace, clause.directives().get("filter"), isOptional(clause));
    }

    private static boolean isOptional(Clause clause) {
        return "optional".equals(clause.directives().get("resolution"));
    }

    boolean isPackage() {
        return namespace.equals(PackageNamespace.PACKAGE_NAMESPACE);
    }

    boolean isExecutionEnvironment() {
        return namespace.equals(ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE);
    }

    boolean isMetBy(Capability offer) {
        if (!namespace.equals(offer.namespace())) {
            return false;
        }
        if (filter == null) {
            return true;
        }
        if (namespace.startsWith("osgi.wiring.") && !filter.contains("=" + offer.name() + ")")) {
            return false; // parsing filters is slow, and almost all end here
        }
        try {
            Filter parsed = FrameworkUtil.createFilter(filter);
            return parsed.matches(offer.attributes());
        } catch (InvalidSyntaxException e) {
            return false;
        }
    }

    /** What the namespace knows it by, such as the package's name; the filter if there is none. */
    String name() {
        Matcher matcher = Pattern.compile(Pattern.quote(namespace) + "=([^)]+)\\)")
                .matcher(String.valueOf(filter));
        return matcher.find() ? matcher.group(1) : String.valueOf(filter);
    }

    /** The versions it takes, such as {@code [1.0.0,2.0.0)}; empty: any. */
    String range() {
        String text = String.valueOf(filter);
        String from = first(FROM, text);
        String below = first(BELOW, text);
        String exact = first(EXACT, text);
        if (exact != null) {
            return exact;
        }
        if (from == null || from.equals(below)) {
            return below == null ? "" : "below " + below;
        }
        return below == null ? from + " or later" : "[" + from + "," + below + ")";
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : null;
    }

    /** It in words: {@code package a.b in version [1.0.0,2.0.0)}. */
    String inWords() {
        String range = range();
        return switch (namespace) {
            case PackageNamespace.PACKAGE_NAMESPACE -> "the package ";
            case BundleNamespace.BUNDLE_NAMESPACE -> "the bundle ";
            case HostNamespace.HOST_NAMESPACE -> "the host bundle ";
            default -> "the capability " + namespace + " ";
        } + name() + (range.isEmpty() ? "" : " in version " + range);
    }
}
