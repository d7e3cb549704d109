package io.backplane.assemble;

/**
 * The identity of a bundle or feature, as feature files write it: {@code group:artifact:version}.
 */
record ArtifactId(String group, String artifact, String version) {

    /** Parses the colon form; {@code place} is for the message. */
    static ArtifactId parse(String text, String place) throws AssemblyException {
        String[] parts = text.split(":", -1);
        if (parts.length != 3 || parts[0].isEmpty() || parts[1].isEmpty() || parts[2].isEmpty()) {
            throw new AssemblyException(
                    place + ": '" + text + "' is not of the form group:artifact:version");
        }
        return new ArtifactId(parts[0], parts[1], parts[2]);
    }

    /** The name of its jar. */
    String jarName() {
        return artifact + "-" + version + ".jar";
    }

    @Override
    public String toString() {
        return group + ":" + artifact + ":" + version;
    }
}
