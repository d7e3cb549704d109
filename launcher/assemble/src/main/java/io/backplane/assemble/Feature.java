package io.backplane.assemble;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One feature: the JSON of the OSGi Feature Service (Compendium 159.4), see {@link FeatureReader}.
 *
 * @param text the file with its placeholders replaced, for the distribution
 * @param description for people; may be empty
 * @param includes features this one is made of
 * @param bundles its own bundles
 * @param classPath jars of a tool, in order; empty for what runs in the framework
 * @param files other content: name in the distribution, and the file or folder it is copied from
 * @param place its file, for messages
 */
record Feature(ArtifactId id, String text, String description, List<Include> includes,
        List<Entry> bundles, List<ArtifactId> classPath, Map<String, Path> files, String place) {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]*)}");

    /** Another feature, by name and version. */
    record Include(ArtifactId id, String place) {
    }

    /**
     * A bundle of a feature.
     *
     * @param startLevel 1 to 99
     * @param sha256 what its jar must hash to, in lower-case hexadecimal; null for not pinned
     */
    record Entry(ArtifactId id, int startLevel, String sha256, String place) {

        boolean isSameAs(Entry other) {
            return id.equals(other.id) && startLevel == other.startLevel;
        }
    }

    /** Its short name, the artifact part of the id. */
    String name() {
        return id.artifact();
    }

    boolean isTool() {
        return !classPath.isEmpty();
    }

    /** Replaces each placeholder by its property. */
    static String expand(String text, Properties properties, String place)
            throws AssemblyException {
        Matcher matcher = PLACEHOLDER.matcher(text);
        StringBuilder expanded = new StringBuilder();
        while (matcher.find()) {
            String value = properties.getProperty(matcher.group(1));
            if (value == null) {
                throw new AssemblyException(place + ": nothing defines " + matcher.group()
                        + Nearest.hint(matcher.group(1), properties.stringPropertyNames()));
            }
            matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(expanded).toString();
    }
}
