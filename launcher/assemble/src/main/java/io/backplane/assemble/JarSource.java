package io.backplane.assemble;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where jars come from: our own from the module folders of the build, all others from the folder
 * into which Maven copied them.
 *
 * @param moduleRoots folders whose sub-folders are modules named as their artifact
 * @param thirdParty folder with the third-party jars
 */
record JarSource(List<Path> moduleRoots, Path thirdParty) {
    private static final String OWN_GROUP = "io.backplane";

    /** The jar of {@code id}; {@code user} says who needs it. */
    Path find(ArtifactId id, String user) throws AssemblyException {
        if (!id.group().equals(OWN_GROUP)) {
            Path jar = thirdParty.resolve(id.jarName());
            if (!Files.isRegularFile(jar)) {
                throw new AssemblyException("feature '" + user + "' needs " + id
                        + ", which is not among the dependencies in features/pom.xml");
            }
            return jar;
        }
        for (Path root : moduleRoots) {
            Path jar = root.resolve(id.artifact()).resolve("target").resolve(id.jarName());
            if (Files.isRegularFile(jar)) {
                return jar;
            }
        }
        throw new AssemblyException("feature '" + user + "' needs the bundle " + id.artifact()
                + ", which is not built (is it in bundles/pom.xml?)");
    }
}
