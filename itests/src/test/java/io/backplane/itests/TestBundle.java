package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Bundles that tests make: another version of one of ours, or one from a source. */
final class TestBundle {
    private TestBundle() {
    }

    /** A copy of a bundle of the distribution that says to be of another version. */
    static Path versionOf(String bundle, String version, Path folder) throws IOException {
        Path original;
        try (Stream<Path> files = Files.list(Daemon.DIST.resolve("bundles"))) {
            original = files.filter(f -> f.getFileName().toString().matches(
                    bundle.replace(".", "\\.") + "-[0-9].*\\.jar")).findFirst().orElseThrow();
        }
        Path copy = folder.resolve(bundle + "-" + version + ".jar");
        try (JarFile from = new JarFile(original.toFile())) {
            Manifest manifest = from.getManifest();
            manifest.getMainAttributes().putValue("Bundle-Version", version);
            try (OutputStream out = Files.newOutputStream(copy);
                    JarOutputStream to = new JarOutputStream(out, manifest)) {
                for (JarEntry entry : from.stream().toList()) {
                    if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
                        to.putNextEntry(new JarEntry(entry.getName()));
                        from.getInputStream(entry).transferTo(to);
                    }
                }
            }
        }
        return copy;
    }

    /** A bundle of one source, {@code name.Activator}. */
    static Path compile(String name, String source, Path folder, String... imports)
            throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        Path file = Files.writeString(folder.resolve("Activator.java"), source);
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = ToolProvider.getSystemJavaCompiler()
                .getStandardFileManager(null, null, null);
                Stream<Path> tree = Files.walk(Daemon.DIST)) {
            String classPath = tree.map(Path::toString).filter(jar -> jar.endsWith(".jar"))
                    .collect(Collectors.joining(":"));
            assertTrue(ToolProvider.getSystemJavaCompiler().getTask(messages, files, null,
                    List.of("-proc:none", "-d", classes.toString(), "-cp", classPath), null,
                    files.getJavaFileObjects(file)).call(), messages::toString);
        }
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", name);
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Bundle-Activator", name + ".Activator");
        headers.putValue("Import-Package", String.join(",", imports));
        Path jar = folder.resolve(name + ".jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out, manifest);
                Stream<Path> tree = Files.walk(classes)) {
            for (Path each : tree.filter(Files::isRegularFile).toList()) {
                entries.putNextEntry(new JarEntry(classes.relativize(each).toString()));
                entries.write(Files.readAllBytes(each));
            }
        }
        return jar;
    }
}
