package io.backplane.deploy;

import java.util.Map;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.PackageNamespace;

/**
 * What a bundle offers to others.
 *
 * @param namespace  such as {@code osgi.wiring.package}
 * @param attributes what filters are held against
 */
record Capability(String namespace, Map<String, Object> attributes) {

    /** A package that a bundle exports. */
    static Capability ofPackage(String name, Clause clause) {
        Map<String, Object> attributes = new java.util.HashMap<>(clause.attributes());
        attributes.put(PackageNamespace.PACKAGE_NAMESPACE, name);
        Object version = attributes.get("version");
        attributes.put("version", Version.parseVersion(version == null ? null
                : version.toString()));
        return new Capability(PackageNamespace.PACKAGE_NAMESPACE, attributes);
    }

    boolean isPackage() {
        return namespace.equals(PackageNamespace.PACKAGE_NAMESPACE);
    }

    /** What its namespace knows it by, such as the package's name. */
    String name() {
        return String.valueOf(attributes.get(namespace));
    }

    /** Its version; 0.0.0 without one. */
    Version version() {
        Object version = attributes.get(namespace.equals("osgi.wiring.bundle")
                || namespace.equals("osgi.wiring.host") ? "bundle-version" : "version");
        return version instanceof Version known ? known : Version.emptyVersion;
    }
}
