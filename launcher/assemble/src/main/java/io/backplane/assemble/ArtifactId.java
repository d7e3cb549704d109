package io.backplane.assemble;

/**
 * The identity of a bundle or feature as feature files write it (Compendium 159.2):
 * {@code group:artifact:version}, {@code group:artifact:type:version} or
 * {@code group:artifact:type:classifier:version}.
 *
 * @param classifier empty for none
 */
record ArtifactId(String group, String artifact, String type, String classifier, String version) {
    private static final java.util.regex.Pattern PART =
            java.util.regex.Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+-]*");

    /** Parses the colon form; {@code place} is for the message. */
    static ArtifactId parse(String text, String place) throws AssemblyException {
        String[] parts = text.split(":", -1);
        for (String part : parts) {
            if (!PART.matcher(part).matches()) {
                throw malformed(text, place);
            }
        }
        return switch (parts.length) {
            case 3 -> new ArtifactId(parts[0], parts[1], "jar", "", parts[2]);
            case 4 -> new ArtifactId(parts[0], parts[1], parts[2], "", parts[3]);
            case 5 -> new ArtifactId(parts[0], parts[1], parts[2], parts[3], parts[4]);
            default -> throw malformed(text, place);
        };
    }

    private static AssemblyException malformed(String text, String place) {
        return new AssemblyException(place + ": '" + text
                + "' is not of the form group:artifact:version"
                + " (or group:artifact:type:classifier:version)");
    }

    /** The name of its jar. */
    String jarName() {
        return artifact + "-" + version + (classifier.isEmpty() ? "" : "-" + classifier) + ".jar";
    }

    /** Where a Maven repository keeps its jar. */
    String repositoryPath() {
        return group.replace('.', '/') + "/" + artifact + "/" + version + "/" + jarName();
    }

    @Override
    public String toString() {
        String kind = classifier.isEmpty() ? type.equals("jar") ? "" : type + ":"
                : type + ":" + classifier + ":";
        return group + ":" + artifact + ":" + kind + version;
    }
}
