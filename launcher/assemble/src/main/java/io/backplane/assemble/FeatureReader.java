package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads one feature file. An unknown key is an error, because a misspelt {@code bundels} must not
 * make an empty feature; so is what a distribution has no use for, rather than being lost.
 *
 * <table>
 * <caption>Keys</caption>
 * <tr><td>feature-resource-version</td><td>"1.0", the default</td></tr>
 * <tr><td>id</td><td>group:artifact:version</td></tr>
 * <tr><td>name, description, vendor, license, docURL, scm, categories, complete</td>
 *     <td>for people</td></tr>
 * <tr><td>variables</td><td>strings, numbers and booleans for {@code ${name}} in this file</td></tr>
 * <tr><td>bundles</td><td>objects with id and, as metadata, bundleStartLevel and sha256</td></tr>
 * <tr><td>configurations</td><td>must be empty: no bundle here reads configurations</td></tr>
 * <tr><td>extensions</td><td>{@code includes}: an ARTIFACTS extension that names the features
 *     this one is made of; {@code class-path}: an ARTIFACTS extension of a tool that runs
 *     without a framework; {@code files}: a JSON extension, an object with names in the
 *     distribution and the files or folders to copy, relative to the feature file; others only if
 *     they are not mandatory</td></tr>
 * </table>
 *
 * <p>{@code ${name}} also stands for a property of the build, so that versions are pinned in one
 * place.
 */
final class FeatureReader {
    private static final Set<String> KEYS = Set.of("feature-resource-version", "id", "name",
            "description", "vendor", "license", "docURL", "scm", "categories", "complete",
            "variables", "bundles", "configurations", "extensions");
    private static final Set<String> BUNDLE_KEYS = Set.of("id", "bundleStartLevel", "sha256");
    private static final Set<String> EXTENSION_KEYS =
            Set.of("kind", "type", "artifacts", "json", "text");
    private static final Set<String> KINDS = Set.of("mandatory", "optional", "transient");
    private static final Map<String, String> EXTENSION_TYPES =
            Map.of("includes", "artifacts", "class-path", "artifacts", "files", "json");
    private static final int DEFAULT_START_LEVEL = 20;

    private final Properties properties = new Properties();
    private final Path folder;
    private final String file;

    private FeatureReader(Properties build, Path path) {
        properties.putAll(build);
        folder = path.toAbsolutePath().getParent();
        file = path.getFileName().toString();
    }

    /** Reads and checks a file. */
    static Feature read(Path path, Properties build) throws AssemblyException {
        String file = path.getFileName().toString();
        String text;
        try {
            text = Files.readString(path);
        } catch (IOException e) {
            throw new AssemblyException("can't read the feature file " + path
                    + (Files.exists(path) ? ": " + e : ": there is none"), e);
        }
        return new FeatureReader(build, path).feature(text);
    }

    private Feature feature(String text) throws AssemblyException {
        Map<String, Located> root = Located.parse(text, file).object("the file");
        requireKnown(root, KEYS, "a feature");
        readVariables(root);
        String resourceVersion = string(root, "feature-resource-version", "1.0");
        if (!resourceVersion.equals("1.0")) {
            throw new AssemblyException(root.get("feature-resource-version").place()
                    + ": feature-resource-version " + resourceVersion + " is not 1.0");
        }
        if (!root.containsKey("id")) {
            throw new AssemblyException(file + ": 'id' is missing");
        }
        if (root.containsKey("configurations")
                && !root.get("configurations").object("'configurations'").isEmpty()) {
            throw new AssemblyException(root.get("configurations").place()
                    + ": 'configurations' must be empty: nothing in a distribution reads them");
        }
        Map<String, Located> extensions = root.containsKey("extensions")
                ? root.get("extensions").object("'extensions'") : Map.of();
        checkExtensions(extensions);
        return new Feature(id(root.get("id")), expandAll(text),
                string(root, "description", ""), includes(extensions), bundles(root),
                artifacts(extensions, "class-path").stream().map(Feature.Include::id).toList(),
                files(extensions), file);
    }

    private void readVariables(Map<String, Located> root) throws AssemblyException {
        if (!root.containsKey("variables")) {
            return;
        }
        for (Map.Entry<String, Located> variable
                : root.get("variables").object("'variables'").entrySet()) {
            Object value = variable.getValue().value();
            if (!(value instanceof String || value instanceof Number
                    || value instanceof Boolean)) {
                throw new AssemblyException(variable.getValue().place() + ": the variable '"
                        + variable.getKey() + "' has no value");
            }
            properties.setProperty(variable.getKey(),
                    value instanceof Double d && d == Math.rint(d)
                            ? Long.toString(d.longValue()) : value.toString());
        }
    }

    private String expandAll(String text) throws AssemblyException {
        StringBuilder expanded = new StringBuilder();
        int line = 1;
        for (String each : text.split("\n", -1)) {
            expanded.append(line == 1 ? "" : "\n")
                    .append(Feature.expand(each, properties, file + ":" + line));
            line++;
        }
        return expanded.toString();
    }

    private List<Feature.Entry> bundles(Map<String, Located> root) throws AssemblyException {
        List<Feature.Entry> bundles = new ArrayList<>();
        if (root.containsKey("bundles")) {
            for (Located each : root.get("bundles").array("'bundles'")) {
                bundles.add(bundle(each));
            }
        }
        return List.copyOf(bundles);
    }

    private Feature.Entry bundle(Located bundle) throws AssemblyException {
        Map<String, Located> keys = bundle.object("an entry of 'bundles'");
        requireKnown(keys, BUNDLE_KEYS, "an entry of 'bundles'");
        ArtifactId id = required(keys, bundle.place());
        int level = DEFAULT_START_LEVEL;
        Located given = keys.get("bundleStartLevel");
        if (given != null) {
            if (!(given.value() instanceof Double d) || d != Math.rint(d) || d < 1 || d > 99) {
                throw new AssemblyException(given.place() + ": bundleStartLevel "
                        + given.value() + " of " + id + " is not a whole number in 1..99");
            }
            level = d.intValue();
        }
        String sha256 = keys.containsKey("sha256") ? keys.get("sha256").string("'sha256'") : null;
        if (sha256 != null && !sha256.matches("[0-9a-f]{64}")) {
            throw new AssemblyException(keys.get("sha256").place()
                    + ": 'sha256' is not 64 lower-case hexadecimal digits");
        }
        return new Feature.Entry(id, level, sha256, bundle.place());
    }

    private void checkExtensions(Map<String, Located> extensions) throws AssemblyException {
        for (Map.Entry<String, Located> entry : extensions.entrySet()) {
            Located extension = entry.getValue();
            Map<String, Located> keys = extension.object("'" + entry.getKey() + "'");
            requireKnown(keys, EXTENSION_KEYS, "an extension");
            String kind = string(keys, "kind", "optional");
            if (!KINDS.contains(kind)) {
                throw new AssemblyException(keys.get("kind").place() + ": the kind '" + kind
                        + "' is none of mandatory, optional, transient");
            }
            String type = EXTENSION_TYPES.get(entry.getKey());
            if (type != null && !string(keys, "type", "").equals(type)) {
                throw new AssemblyException(extension.place() + ": the extension '"
                        + entry.getKey() + "' is not of the type '" + type + "'");
            }
            if (type == null && kind.equals("mandatory")) {
                throw new AssemblyException(extension.place() + ": nothing here knows the mandatory"
                        + " extension '" + entry.getKey() + "'"
                        + Nearest.hint(entry.getKey(), EXTENSION_TYPES.keySet()));
            }
        }
    }

    private List<Feature.Include> includes(Map<String, Located> extensions)
            throws AssemblyException {
        return artifacts(extensions, "includes");
    }

    private List<Feature.Include> artifacts(Map<String, Located> extensions, String name)
            throws AssemblyException {
        List<Feature.Include> ids = new ArrayList<>();
        if (extensions.containsKey(name)) {
            Located artifacts = extensions.get(name).object(name).get("artifacts");
            if (artifacts == null) {
                throw new AssemblyException(extensions.get(name).place() + ": the extension '"
                        + name + "' has no 'artifacts'");
            }
            for (Located each : artifacts.array("'artifacts'")) {
                Map<String, Located> keys = each.object("an entry of '" + name + "'");
                requireKnown(keys, Set.of("id"), "an entry of '" + name + "'");
                ids.add(new Feature.Include(required(keys, each.place()), each.place()));
            }
        }
        return List.copyOf(ids);
    }

    private Map<String, Path> files(Map<String, Located> extensions) throws AssemblyException {
        Map<String, Path> files = new TreeMap<>();
        if (extensions.containsKey("files")) {
            Located extension = extensions.get("files");
            Located json = extension.object("files").get("json");
            if (json == null) {
                throw new AssemblyException(extension.place()
                        + ": the extension 'files' has no 'json'");
            }
            for (Map.Entry<String, Located> entry : json.object("'json'").entrySet()) {
                Located from = entry.getValue();
                Path name = Path.of(entry.getKey());
                if (name.isAbsolute() || !name.equals(name.normalize())
                        || name.startsWith("..") || entry.getKey().isEmpty()) {
                    throw new AssemblyException(from.place() + ": '" + entry.getKey()
                            + "' is no name inside a distribution");
                }
                files.put(entry.getKey(), folder.resolve(
                        Feature.expand(from.string("'" + name + "'"), properties, from.place())));
            }
        }
        return files;
    }

    private ArtifactId required(Map<String, Located> keys, String place)
            throws AssemblyException {
        if (!keys.containsKey("id")) {
            throw new AssemblyException(place + ": 'id' is missing");
        }
        return id(keys.get("id"));
    }

    private ArtifactId id(Located id) throws AssemblyException {
        ArtifactId parsed = ArtifactId.parse(
                Feature.expand(id.string("'id'"), properties, id.place()), id.place());
        return parsed;
    }

    private static void requireKnown(Map<String, Located> keys, Set<String> known, String where)
            throws AssemblyException {
        for (Map.Entry<String, Located> key : keys.entrySet()) {
            if (!known.contains(key.getKey())) {
                throw new AssemblyException(key.getValue().place() + ": unknown key '"
                        + key.getKey() + "' in " + where + Nearest.hint(key.getKey(), known));
            }
        }
    }

    private static String string(Map<String, Located> keys, String name, String absent)
            throws AssemblyException {
        return keys.containsKey(name) ? keys.get(name).string("'" + name + "'") : absent;
    }
}
