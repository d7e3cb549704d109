package io.backplane.deploy;

import io.backplane.deploy.Refusal.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.BundleNamespace;
import org.osgi.framework.namespace.HostNamespace;

/**
 * A bundle as a file, read completely: every entry with its checksum, so a jar that was copied in
 * part is found out here.
 *
 * @param file         where it was read
 * @param name         symbolic name
 * @param version      its version
 * @param singleton    whether only one of its name may be resolved
 * @param fragment     whether it is a fragment
 * @param embedsJars   whether its class path has more than its own root
 * @param requirements what it needs to be resolved
 * @param capabilities what it offers
 * @param classes      its class files
 * @param bytes        the file's content
 * @param sha256       of the content, in hexadecimal
 */
record JarFacts(Path file, String name, Version version, boolean singleton, boolean fragment,
        boolean embedsJars, List<Requirement> requirements, List<Capability> capabilities,
        List<byte[]> classes, byte[] bytes, String sha256) {
    /** Bounds what a file can make us read. */
    private static final long JAR_BYTES_MAX = 64L << 20;
    private static final long UNPACKED_BYTES_MAX = 128L << 20;
    private static final int CLASS_MAJOR_OF_JAVA_1 = 44;

    /**
     * Reads a bundle.
     *
     * @throws Refusal if it is none, or one for a later Java
     */
    static JarFacts read(Path file) throws Refusal {
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new Refusal(Kind.NOT_A_BUNDLE, "it is no regular file");
            }
            if (Files.size(file) > JAR_BYTES_MAX) {
                throw new Refusal(Kind.NOT_A_BUNDLE, "it has more than " + JAR_BYTES_MAX
                        + " bytes");
            }
            byte[] bytes = Files.readAllBytes(file);
            List<byte[]> classes = new ArrayList<>();
            Manifest manifest;
            try (JarFile jar = new JarFile(file.toFile(), true)) {
                manifest = jar.getManifest();
                readEntries(jar, classes);
            }
            return of(file, manifest, classes, bytes);
        } catch (NoSuchFileException e) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "there is no file " + file);
        } catch (IOException | SecurityException e) {
            throw new Refusal(Kind.NOT_A_BUNDLE,
                    "it is no jar file, or was copied in part (" + e.getMessage() + ")");
        } catch (IllegalArgumentException e) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "its manifest cannot be read: "
                    + e.getMessage());
        }
    }

    private static void readEntries(JarFile jar, List<byte[]> classes)
            throws IOException, Refusal {
        long total = 0;
        Enumeration<JarEntry> entries = jar.entries();
        while (entries.hasMoreElements()) {
            JarEntry entry = entries.nextElement();
            try (InputStream in = jar.getInputStream(entry)) {
                byte[] content = in.readNBytes((int) (UNPACKED_BYTES_MAX - total) + 1);
                total += content.length;
                if (total > UNPACKED_BYTES_MAX) {
                    throw new Refusal(Kind.NOT_A_BUNDLE, "it unpacks to more than "
                            + UNPACKED_BYTES_MAX + " bytes");
                }
                String name = entry.getName();
                if (name.endsWith(".class") && !name.startsWith("META-INF/")) {
                    checkClassVersion(name, content);
                    if (!name.endsWith("-info.class")) {
                        classes.add(content);
                    }
                }
            }
        }
    }

    private static void checkClassVersion(String name, byte[] content) throws Refusal {
        if (content.length < 8 || content[0] != (byte) 0xca || content[1] != (byte) 0xfe) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "its entry " + name + " is no class file");
        }
        int java = ((content[6] & 0xff) << 8 | content[7] & 0xff) - CLASS_MAJOR_OF_JAVA_1;
        int here = Runtime.version().feature();
        if (java > here) {
            throw new Refusal(Kind.EXECUTION_ENVIRONMENT, "its class "
                    + name.substring(0, name.length() - 6).replace('/', '.')
                    + " is compiled for Java " + java + ", and this is Java " + here);
        }
    }

    private static JarFacts of(Path file, Manifest manifest, List<byte[]> classes, byte[] bytes)
            throws Refusal {
        if (manifest == null) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "it has no manifest, so it is no bundle");
        }
        Map<String, String> headers = headers(manifest);
        List<Clause> name = Clause.parse(headers.get(Constants.BUNDLE_SYMBOLICNAME));
        if (name.size() != 1 || name.getFirst().paths().size() != 1
                || !"2".equals(headers.get(Constants.BUNDLE_MANIFESTVERSION))) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "it is a plain jar: its manifest lacks "
                    + (name.isEmpty() ? "Bundle-SymbolicName" : "Bundle-ManifestVersion: 2"));
        }
        String bundle = name.getFirst().paths().getFirst();
        Version version = Version.parseVersion(headers.get(Constants.BUNDLE_VERSION));
        String classPath = headers.get(Constants.BUNDLE_CLASSPATH);
        return new JarFacts(file, bundle, version,
                "true".equals(name.getFirst().directives().get("singleton")),
                headers.get(Constants.FRAGMENT_HOST) != null,
                classPath != null && !classPath.strip().equals("."),
                requirements(headers), capabilities(headers, bundle, version), classes, bytes,
                sha256(bytes));
    }

    private static Map<String, String> headers(Manifest manifest) {
        Map<String, String> headers = new HashMap<>();
        Attributes main = manifest.getMainAttributes();
        main.forEach((key, value) -> headers.put(key.toString(), value.toString().strip()));
        return headers;
    }

    private static List<Requirement> requirements(Map<String, String> headers) {
        List<Requirement> all = new ArrayList<>();
        for (Clause clause : Clause.parse(headers.get(Constants.IMPORT_PACKAGE))) {
            clause.paths().forEach(path -> all.add(Requirement.ofPackage(path, clause)));
        }
        for (Clause clause : Clause.parse(headers.get(Constants.REQUIRE_BUNDLE))) {
            clause.paths().forEach(path -> all.add(Requirement.ofBundle(path, clause)));
        }
        for (Clause clause : Clause.parse(headers.get(Constants.FRAGMENT_HOST))) {
            clause.paths().forEach(path -> all.add(Requirement.ofHost(path, clause)));
        }
        for (Clause clause : Clause.parse(headers.get(Constants.REQUIRE_CAPABILITY))) {
            String effective = clause.directives().get("effective");
            if (effective == null || effective.equals("resolve")) {
                clause.paths().forEach(path -> all.add(Requirement.ofCapability(path, clause)));
            }
        }
        return all;
    }

    private static List<Capability> capabilities(Map<String, String> headers, String bundle,
            Version version) {
        List<Capability> all = new ArrayList<>();
        for (Clause clause : Clause.parse(headers.get(Constants.EXPORT_PACKAGE))) {
            for (String path : clause.paths()) {
                Capability offer = Capability.ofPackage(path, clause);
                offer.attributes().putIfAbsent("bundle-symbolic-name", bundle);
                offer.attributes().putIfAbsent("bundle-version", version);
                all.add(offer);
            }
        }
        for (Clause clause : Clause.parse(headers.get(Constants.PROVIDE_CAPABILITY))) {
            clause.paths().forEach(path -> all.add(new Capability(path, clause.attributes())));
        }
        for (String namespace : List.of(BundleNamespace.BUNDLE_NAMESPACE,
                HostNamespace.HOST_NAMESPACE)) {
            all.add(new Capability(namespace,
                    Map.of(namespace, bundle, "bundle-version", version)));
        }
        return all;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** Name and version, as messages say it. */
    String title() {
        return name + " " + version;
    }
}
