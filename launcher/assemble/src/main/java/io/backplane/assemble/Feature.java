package io.backplane.assemble;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One feature file: the JSON of the OSGi Feature Service (Compendium 159.4). An unknown key is an
 * error here, because a misspelt {@code bundels} must not make an empty feature.
 *
 * <table>
 * <caption>Keys</caption>
 * <tr><td>feature-resource-version</td><td>"1.0"</td></tr>
 * <tr><td>id</td><td>group:artifact:version</td></tr>
 * <tr><td>name, description, vendor, license, docURL, scm, categories</td><td>for people</td></tr>
 * <tr><td>complete</td><td>kept, not interpreted</td></tr>
 * <tr><td>bundles</td><td>objects with id and, as metadata, bundleStartLevel</td></tr>
 * <tr><td>extensions</td><td>{@code includes}: an ARTIFACTS extension that names the features a
 *     product is made of; {@code class-path}: an ARTIFACTS extension of a tool that runs
 *     without a framework</td></tr>
 * </table>
 *
 * <p>{@code ${name}} stands for a property of the build, so that versions are pinned in one place.
 *
 * @param includes features this one is made of, by artifact name
 * @param bundles its own bundles
 * @param classPath jars of a tool, in order; empty for what runs in the framework
 */
record Feature(ArtifactId id, List<String> includes, List<Entry> bundles,
        List<ArtifactId> classPath) {
    private static final Set<String> KEYS = Set.of("feature-resource-version", "id", "name",
            "description", "vendor", "license", "docURL", "scm", "categories", "complete",
            "bundles", "extensions");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]*)}");
    private static final int DEFAULT_START_LEVEL = 10;

    /**
     * A bundle of a feature.
     *
     * @param startLevel 1 to 99
     */
    record Entry(ArtifactId id, int startLevel) {
    }

    /** Reads and checks a file. */
    static Feature read(Path file, Properties properties) throws AssemblyException {
        String place = file.getFileName().toString();
        try (JsonReader reader = new JsonReader(
                new StringReader(expand(Files.readString(file), properties, place)))) {
            reader.setStrictness(Strictness.STRICT);
            JsonElement root = JsonParser.parseReader(reader);
            return new Reader(place).feature(root);
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new AssemblyException(place + ": " + e.getMessage(), e);
        }
    }

    /** Replaces each placeholder by its property. */
    static String expand(String text, Properties properties, String place)
            throws AssemblyException {
        Matcher matcher = PLACEHOLDER.matcher(text);
        StringBuilder expanded = new StringBuilder();
        while (matcher.find()) {
            String value = properties.getProperty(matcher.group(1));
            if (value == null) {
                throw new AssemblyException(place + ": nothing defines " + matcher.group());
            }
            matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(expanded).toString();
    }

    /** The checks, with the file's name for their messages. */
    private record Reader(String place) {

        Feature feature(JsonElement root) throws AssemblyException {
            JsonObject object = object(root, "the file");
            for (String key : object.keySet()) {
                if (!KEYS.contains(key)) {
                    throw new AssemblyException(place + ": unknown key '" + key + "'");
                }
            }
            String resourceVersion = string(object, "feature-resource-version");
            if (!resourceVersion.equals("1.0")) {
                throw new AssemblyException(
                        place + ": feature-resource-version " + resourceVersion + " is not 1.0");
            }
            ArtifactId id = ArtifactId.parse(string(object, "id"), place);
            List<Entry> bundles = new ArrayList<>();
            for (JsonElement element : array(object, "bundles")) {
                bundles.add(bundle(object(element, "an entry of 'bundles'")));
            }
            JsonObject extensions = object.has("extensions")
                    ? object(object.get("extensions"), "'extensions'") : new JsonObject();
            List<String> includes = new ArrayList<>();
            for (ArtifactId include : artifacts(extensions, "includes")) {
                includes.add(include.artifact());
            }
            return new Feature(id, List.copyOf(includes), List.copyOf(bundles),
                    artifacts(extensions, "class-path"));
        }

        private Entry bundle(JsonObject object) throws AssemblyException {
            for (String key : object.keySet()) {
                if (!key.equals("id") && !key.equals("bundleStartLevel")) {
                    throw new AssemblyException(
                            place + ": unknown key '" + key + "' in an entry of 'bundles'");
                }
            }
            ArtifactId id = ArtifactId.parse(string(object, "id"), place);
            int level = object.has("bundleStartLevel")
                    ? object.get("bundleStartLevel").getAsInt() : DEFAULT_START_LEVEL;
            if (level < 1 || level > 99) {
                throw new AssemblyException(
                        place + ": bundleStartLevel " + level + " of " + id + " is not in 1..99");
            }
            return new Entry(id, level);
        }

        private List<ArtifactId> artifacts(JsonObject extensions, String name)
                throws AssemblyException {
            List<ArtifactId> ids = new ArrayList<>();
            if (extensions.has(name)) {
                JsonObject extension = object(extensions.get(name), "'" + name + "'");
                for (JsonElement element : array(extension, "artifacts")) {
                    JsonObject artifact = object(element, "an entry of '" + name + "'");
                    ids.add(ArtifactId.parse(string(artifact, "id"), place));
                }
            }
            return List.copyOf(ids);
        }

        private JsonObject object(JsonElement element, String what) throws AssemblyException {
            if (!element.isJsonObject()) {
                throw new AssemblyException(place + ": " + what + " is not an object");
            }
            return element.getAsJsonObject();
        }

        private JsonArray array(JsonObject object, String key) throws AssemblyException {
            JsonElement element = object.get(key);
            if (element == null) {
                return new JsonArray();
            }
            if (!element.isJsonArray()) {
                throw new AssemblyException(place + ": '" + key + "' is not an array");
            }
            return element.getAsJsonArray();
        }

        private String string(JsonObject object, String key) throws AssemblyException {
            JsonElement element = object.get(key);
            if (element == null || !element.isJsonPrimitive()) {
                throw new AssemblyException(place + ": '" + key + "' is missing");
            }
            return element.getAsString();
        }
    }
}
