package io.backplane.itests;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** One bundle of ours as it was built: its manifest and its classes. */
record BuiltBundle(String name, Path jar, Manifest manifest) {

    /** The project's root folder. */
    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("bundles/ARROWS"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    /** All bundles that bundles/ has folders for, in order of their names. */
    static List<BuiltBundle> all() throws IOException {
        List<BuiltBundle> all = new ArrayList<>();
        try (Stream<Path> folders = Files.list(root().resolve("bundles"))) {
            for (Path folder : folders.filter(f -> Files.exists(f.resolve("pom.xml"))).sorted()
                    .toList()) {
                all.add(of(folder));
            }
        }
        return all;
    }

    private static BuiltBundle of(Path folder) throws IOException {
        String name = folder.getFileName().toString();
        try (Stream<Path> files = Files.list(folder.resolve("target"))) {
            Path jar = files.filter(f -> f.getFileName().toString().matches(
                    java.util.regex.Pattern.quote(name) + "-[0-9.]+\\.jar")).findFirst()
                    .orElseThrow(() -> new IOException(name + " is not built"));
            try (JarFile file = new JarFile(jar.toFile())) {
                return new BuiltBundle(name, jar, file.getManifest());
            }
        }
    }

    SortedSet<String> importedPackages() {
        return packages("Import-Package");
    }

    SortedSet<String> exportedPackages() {
        return packages("Export-Package");
    }

    private SortedSet<String> packages(String header) {
        SortedSet<String> packages = new TreeSet<>();
        String value = manifest.getMainAttributes().getValue(header);
        if (value == null) {
            return packages;
        }
        // Clauses are separated by commas outside quotes; the name ends at the first semicolon.
        for (String clause : value.split(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")) {
            packages.add(clause.split(";")[0].strip());
        }
        return packages;
    }

    /** All classes of the bundle's own packages. */
    List<ClassModel> classes() throws IOException {
        List<ClassModel> classes = new ArrayList<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : file.stream().toList()) {
                if (entry.getName().startsWith(name.replace('.', '/'))
                        && entry.getName().endsWith(".class")) {
                    try (InputStream in = file.getInputStream(entry)) {
                        classes.add(ClassFile.of().parse(in.readAllBytes()));
                    }
                }
            }
        }
        return classes;
    }
}
