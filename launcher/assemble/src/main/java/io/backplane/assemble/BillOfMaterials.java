package io.backplane.assemble;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * What a distribution contains, in CycloneDX 1.6 JSON: each jar with coordinates, SHA-256 and the
 * licence its manifest names. Without time and serial number, so that the same distribution has
 * the same list.
 */
final class BillOfMaterials {
    private final List<Map<String, Object>> components = new ArrayList<>();

    /** Adds a jar; {@code id} is null if its coordinates are not known. */
    void add(ArtifactId id, Path jar) throws AssemblyException {
        Map<String, Object> component = new LinkedHashMap<>();
        component.put("type", "library");
        if (id == null) {
            component.put("name", jar.getFileName().toString());
        } else {
            component.put("bom-ref", purl(id));
            component.put("group", id.group());
            component.put("name", id.artifact());
            component.put("version", id.version());
            component.put("purl", purl(id));
        }
        component.put("hashes", List.of(
                map("alg", "SHA-256", "content", Digest.hex("SHA-256", jar))));
        String licence = licence(jar);
        if (licence != null) {
            component.put("licenses", List.of(Map.of("license", Map.of("name", licence))));
        }
        components.add(component);
    }

    /** Adds the Java runtime. */
    void addRuntime(String version, Iterable<String> modules) {
        Map<String, Object> component = new LinkedHashMap<>();
        component.put("type", "platform");
        component.put("name", "java-runtime");
        component.put("version", version);
        component.put("description", "modules: " + String.join(" ", modules));
        components.add(component);
    }

    /** In this order; that of {@code Map.of} differs from run to run. */
    private static Map<String, Object> map(String key, String value, String key2,
            String value2) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(key, value);
        map.put(key2, value2);
        return map;
    }

    private static String purl(ArtifactId id) {
        return "pkg:maven/" + id.group() + "/" + id.artifact() + "@" + id.version() + "?type="
                + id.type() + (id.classifier().isEmpty() ? "" : "&classifier=" + id.classifier());
    }

    private static String licence(Path jar) throws AssemblyException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            return manifest == null ? null
                    : manifest.getMainAttributes().getValue("Bundle-License");
        } catch (IOException e) {
            throw new AssemblyException("can't read " + jar + ": " + e, e);
        }
    }

    /** The document; {@code product} and {@code version} are of the distribution. */
    String text(String product, String version) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("bomFormat", "CycloneDX");
        document.put("specVersion", "1.6");
        document.put("version", 1);
        Map<String, Object> component = map("type", "application", "name",
                "backplane-" + product);
        component.put("version", version);
        document.put("metadata", Map.of("component", component));
        document.put("components", components);
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create()
                .toJson(document) + "\n";
    }
}
