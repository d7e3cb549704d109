package io.backplane.categories.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bundle as a folder; a class file's content is its own name. */
class BundleClassesTest {
    @TempDir
    private Path root;

    @BeforeEach
    void plant() throws IOException {
        for (String name : List.of("a/A.class", "a/b/B.class", "a/package-info.class",
                "module-info.class", "a/text.txt", "META-INF/versions/9/a/A.class",
                "inner/c/C.class")) {
            Files.createDirectories(root.resolve(name).getParent());
            Files.writeString(root.resolve(name), name);
        }
        Files.createDirectories(root.resolve("lib"));
        try (OutputStream out = Files.newOutputStream(root.resolve("lib/d.jar"));
                JarOutputStream jar = new JarOutputStream(out)) {
            jar.putNextEntry(new JarEntry("d/D.class"));
            jar.write("d/D.class".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void rootIsTheClassPathUnlessItSaysAnother() throws IOException {
        assertEquals(List.of("a/A.class", "a/b/B.class", "inner/c/C.class"), found(null));
        assertEquals(List.of("a/A.class", "a/b/B.class", "inner/c/C.class"), found("."));
    }

    @Test
    void foldersAndJarsOfTheClassPathAreRead() throws IOException {
        assertEquals(List.of("d/D.class", "inner/c/C.class"),
                found("lib/d.jar;x=y, inner, missing.jar, missing"));
    }

    private List<String> found(String classPath) throws IOException {
        return new BundleClasses(this::entry, this::list, classPath).all().stream()
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8)).sorted().toList();
    }

    private URL entry(String path) {
        try {
            Path file = root.resolve(path);
            return Files.exists(file) ? file.toUri().toURL() : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Enumeration<String> list(String folder) {
        Path path = folder.equals("/") ? root : root.resolve(folder);
        if (!Files.isDirectory(path)) {
            return null;
        }
        try (Stream<Path> files = Files.list(path)) {
            TreeSet<String> names = new TreeSet<>();
            files.forEach(file -> names.add(root.relativize(file)
                    + (Files.isDirectory(file) ? "/" : "")));
            return Collections.enumeration(names);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
