package io.backplane.assemble;

import java.nio.file.Path;

/**
 * A bundle chosen for a distribution.
 *
 * @param name as the user knows it: its coordinates or its file
 * @param id its coordinates; null for a file
 * @param jar where it is now
 * @param startLevel 1 to 99
 */
record Selected(String name, ArtifactId id, Path jar, int startLevel) {

    /** Its path in the distribution. */
    String path() {
        return "bundles/" + (id == null ? jar.getFileName().toString() : id.jarName());
    }
}
