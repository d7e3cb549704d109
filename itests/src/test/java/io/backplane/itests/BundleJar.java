package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** A small bundle made by a test. */
final class BundleJar {
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();

    BundleJar(String name, String version) {
        header("Bundle-ManifestVersion", "2").header("Bundle-SymbolicName", name)
                .header("Bundle-Version", version);
    }

    BundleJar header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    BundleJar entry(String name, byte[] content) {
        entries.put(name, content);
        return this;
    }

    /** Compiles one class against the distribution. */
    BundleJar source(String className, String text) throws IOException {
        Path folder = Files.createTempDirectory("bp-itest-");
        try {
            Path file = Files.writeString(folder.resolve(
                    className.substring(className.lastIndexOf('.') + 1) + ".java"), text);
            compile(folder, file);
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path each : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                    entry(folder.relativize(each).toString(), Files.readAllBytes(each));
                }
            }
        } finally {
            Daemon.deleteTree(folder);
        }
        return this;
    }

    private static void compile(Path folder, Path file) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> tree = Files.walk(Daemon.DIST)) {
            String classPath = tree.map(Path::toString).filter(name -> name.endsWith(".jar"))
                    .collect(Collectors.joining(":"));
            assertTrue(compiler.getTask(messages, files, null,
                    List.of("-proc:none", "-d", folder.toString(), "-cp", classPath), null,
                    files.getJavaFileObjects(file)).call(), messages::toString);
        }
    }

    /** Writes it in one step, so that the folder never holds half a jar. */
    Path write(Path jar) throws IOException {
        Path part = jar.resolveSibling(jar.getFileName() + ".part");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.forEach(manifest.getMainAttributes()::putValue);
        try (OutputStream out = Files.newOutputStream(part);
                JarOutputStream content = new JarOutputStream(out, manifest)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                content.putNextEntry(new JarEntry(entry.getKey()));
                content.write(entry.getValue());
            }
        }
        return Files.move(part, jar, StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
