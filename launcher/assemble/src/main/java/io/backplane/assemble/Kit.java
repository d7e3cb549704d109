package io.backplane.assemble;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The kit's Maven repository: what a driver or device project outside the source tree builds on. Its
 * version carries a hash of the contents, so that Maven's own copies never outlive a change. There
 * is one version in it, that of the sources.
 */
public final class Kit {
    private static final List<String> API = List.of("memory", "aio", "state", "schema", "block",
            "virtio");
    private static final List<String> TEST = List.of("hostio", "hostio.nio", "loop", "graph",
            "sim", "sys", "tck");

    private final Path root;
    private final Path target;
    private final Map<String, Path> jars = new TreeMap<>();
    private final Map<String, String> properties = new TreeMap<>();

    private Kit(Path root, Path target) {
        this.root = root;
        this.target = target;
    }

    /** Arguments: the source tree, the folder to fill, and name=value for the templates. */
    public static void main(String[] args) throws IOException {
        Kit kit = new Kit(Path.of(args[0]).toRealPath(), Path.of(args[1]));
        for (String property : List.of(args).subList(2, args.length)) {
            String[] parts = property.split("=", 2);
            kit.properties.put(parts[0], parts[1]);
        }
        kit.write();
    }

    private void write() throws IOException {
        String release = properties.get("version");
        for (String name : API) {
            find(name, release);
        }
        for (String name : TEST) {
            find(name, release);
        }
        String version = release + "-" + hash();
        properties.put("version", version);
        removeOthers(version);
        for (Map.Entry<String, Path> jar : jars.entrySet()) {
            Path folder = artifact(jar.getKey(), version);
            Files.copy(jar.getValue(), folder.resolve(jar.getKey() + "-" + version + ".jar"),
                    StandardCopyOption.REPLACE_EXISTING);
            pom(folder, jar.getKey(), version,
                    jar.getKey().equals("io.backplane.tck") ? tckDependencies(version) : "");
        }
        StringBuilder api = new StringBuilder();
        API.forEach(name -> api.append(dependency("io.backplane." + name, version, "provided")));
        properties.put("api", api.toString());
        Files.writeString(artifact("io.backplane.kit", version)
                .resolve("io.backplane.kit-" + version + ".pom"),
                fill(Files.readString(root.resolve("features/kit/parent.pom.xml"))));
        Files.writeString(target.resolve("version"), version + "\n");
    }

    private void removeOthers(String version) throws IOException {
        Path repository = target.resolve("repository");
        if (!Files.exists(repository)) {
            return;
        }
        try (Stream<Path> files = Files.walk(repository)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.getParent().endsWith(version)) {
                    Files.delete(file);
                }
            }
        }
    }

    private void find(String name, String release) throws IOException {
        String artifact = "io.backplane." + name;
        Path module = name.equals("sys") ? root.resolve("launcher/sys")
                : root.resolve("bundles").resolve(artifact);
        Path jar = module.resolve("target").resolve(artifact + "-" + release + ".jar");
        if (!Files.exists(jar)) {
            throw new IOException("the driver kit needs " + jar + ", which is not built");
        }
        jars.put(artifact, jar);
    }

    private String hash() throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path jar : jars.values()) {
                digest.update(Files.readAllBytes(jar));
            }
            digest.update(Files.readAllBytes(root.resolve("features/kit/parent.pom.xml")));
            return HexFormat.of().formatHex(digest.digest(), 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path artifact(String name, String version) throws IOException {
        return Files.createDirectories(target.resolve("repository/io/backplane").resolve(name)
                .resolve(version));
    }

    private static void pom(Path folder, String name, String version, String dependencies)
            throws IOException {
        Files.writeString(folder.resolve(name + "-" + version + ".pom"), """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>io.backplane</groupId>
                  <artifactId>%s</artifactId>
                  <version>%s</version>
                  <dependencies>
                %s  </dependencies>
                </project>
                """.formatted(name, version, dependencies), StandardCharsets.UTF_8);
    }

    private String tckDependencies(String version) {
        StringBuilder all = new StringBuilder();
        for (String name : jars.keySet()) {
            if (!name.equals("io.backplane.tck")) {
                all.append(dependency(name, version, "compile"));
            }
        }
        return all + dependency("org.junit.jupiter", "junit-jupiter",
                properties.get("junit.version"), "compile");
    }

    private static String dependency(String artifact, String version, String scope) {
        return dependency("io.backplane", artifact, version, scope);
    }

    private static String dependency(String group, String artifact, String version,
            String scope) {
        return """
                    <dependency>
                      <groupId>%s</groupId>
                      <artifactId>%s</artifactId>
                      <version>%s</version>
                      <scope>%s</scope>
                    </dependency>
                """.formatted(group, artifact, version, scope);
    }

    private String fill(String template) {
        String filled = template;
        for (Map.Entry<String, String> property : properties.entrySet()) {
            filled = filled.replace("{{" + property.getKey() + "}}", property.getValue());
        }
        return filled;
    }
}
