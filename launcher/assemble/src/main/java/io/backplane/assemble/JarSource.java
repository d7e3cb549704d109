package io.backplane.assemble;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where jars come from, in this order: the module folders of the build (our own), the folder into
 * which the build copied the third-party jars, the repositories the user named, the local Maven
 * repository, and at last Maven, which knows the user's settings and downloads. A checksum file
 * beside a jar is compared.
 *
 * @param root the source tree
 * @param thirdParty folder with the third-party jars of the build
 * @param folders repositories of the user: with Maven's layout, or just jars
 * @param local the local Maven repository
 * @param maven for what is nowhere else
 */
record JarSource(Path root, Path thirdParty, List<Path> folders, Path local, Maven maven) {
    private static final String OWN_GROUP = "io.backplane";

    /** A wish for a jar; {@code place} says who has it. */
    record Wanted(ArtifactId id, String place) {
    }

    /** The jars of all {@code wanted}; downloads what is missing in one go. */
    Map<ArtifactId, Path> findAll(List<Wanted> wanted) throws AssemblyException {
        Map<ArtifactId, Path> found = new LinkedHashMap<>();
        List<Wanted> missing = new ArrayList<>();
        for (Wanted each : wanted) {
            if (!each.id().type().equals("jar")) {
                throw new AssemblyException(each.place() + ": " + each.id() + " is not a jar");
            }
            Path jar = findHere(each.id());
            if (jar == null) {
                requireBuildable(each);
                missing.add(each);
            } else {
                found.put(each.id(), jar);
            }
        }
        if (!missing.isEmpty()) {
            found.putAll(maven.download(missing, this::whereLooked));
        }
        return found;
    }

    /** A module of the build is never looked for elsewhere: it would be another state of it. */
    private void requireBuildable(Wanted wanted) throws AssemblyException {
        if (isOwn(wanted.id())) {
            throw new AssemblyException(wanted.place() + ": the bundle " + wanted.id().artifact()
                    + " is not built" + (Files.isDirectory(module(wanted.id()))
                            ? " in version " + wanted.id().version()
                            : " (is it in bundles/pom.xml?)"));
        }
    }

    private boolean isOwn(ArtifactId id) {
        return id.group().equals(OWN_GROUP) && (id.artifact().startsWith(OWN_GROUP + ".")
                || Files.isDirectory(module(id)));
    }

    private Path module(ArtifactId id) {
        return root.resolve("bundles").resolve(id.artifact());
    }

    /** The jar, without a download; null if it is not there. */
    Path findHere(ArtifactId id) throws AssemblyException {
        List<Path> candidates = new ArrayList<>();
        if (id.group().equals(OWN_GROUP)) {
            candidates.add(module(id).resolve("target").resolve(id.jarName()));
        }
        candidates.add(thirdParty.resolve(id.jarName()));
        for (Path folder : folders) {
            candidates.add(folder.resolve(id.repositoryPath()));
            candidates.add(folder.resolve(id.jarName()));
        }
        candidates.add(local.resolve(id.repositoryPath()));
        for (Path candidate : candidates) {
            if (Files.isRegularFile(candidate)) {
                Digest.checkBeside(candidate);
                return candidate;
            }
        }
        return null;
    }

    private String whereLooked() {
        StringBuilder places = new StringBuilder();
        for (Path folder : folders) {
            places.append(folder).append(", ");
        }
        return places.append(local).toString();
    }
}
