package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.categories.CategoryChecker;
import io.backplane.categories.ClassLookup;
import io.backplane.categories.Violation;
import io.backplane.rules.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds the calls of every built bundle against the matrix of the categories. */
class CategoriesTest {
    @Test
    @Rule({"C4", "L3", "L4", "L5"})
    void noBundleMakesACallThatItsCategoriesForbid() throws IOException {
        List<String> faults = new ArrayList<>();
        List<BuiltBundle> bundles = BuiltBundle.all();
        ClassLookup exported = exported(bundles);
        for (BuiltBundle bundle : bundles) {
            for (Violation violation : checker(bundle, exported).check()) {
                faults.add(bundle.name() + ": " + violation.message());
            }
        }
        assertEquals("", String.join("\n", faults));
        assertTrue(bundles.size() >= 20, "only " + bundles.size() + " bundles were looked at");
    }

    @Test
    void everyExportedMethodOfAnApiBundleHasACategory() throws IOException {
        Set<String> apis = Files.readAllLines(BuiltBundle.root().resolve("bundles/ARROWS")).stream()
                .filter(line -> line.startsWith("api "))
                .map(line -> "io.backplane." + line.split("\\s+")[1]).collect(Collectors.toSet());
        assertTrue(apis.contains("io.backplane.block"), apis.toString());
        List<BuiltBundle> bundles = BuiltBundle.all();
        ClassLookup exported = exported(bundles);
        List<String> faults = new ArrayList<>();
        for (BuiltBundle bundle : bundles) {
            if (apis.contains(bundle.name())) {
                checker(bundle, exported).missing(bundle.exportedPackages())
                        .forEach(missing -> faults.add(missing.message()));
            }
        }
        assertEquals("", String.join("\n", faults));
    }

    private static CategoryChecker checker(BuiltBundle bundle, ClassLookup exported)
            throws IOException {
        return new CategoryChecker(classFiles(bundle).values(), exported);
    }

    /** All classes of exported packages. */
    private static ClassLookup exported(List<BuiltBundle> bundles) throws IOException {
        Map<String, byte[]> all = new HashMap<>();
        for (BuiltBundle bundle : bundles) {
            Set<String> packages = bundle.exportedPackages();
            classFiles(bundle).forEach((name, bytes) -> {
                if (packages.contains(name.substring(0, name.lastIndexOf('/'))
                        .replace('/', '.'))) {
                    all.put(name, bytes);
                }
            });
        }
        return all::get;
    }

    private static Map<String, byte[]> classFiles(BuiltBundle bundle) throws IOException {
        Map<String, byte[]> classes = new HashMap<>();
        try (JarFile jar = new JarFile(bundle.jar().toFile())) {
            for (JarEntry entry : jar.stream().toList()) {
                String name = entry.getName();
                if (name.startsWith("io/backplane/") && name.endsWith(".class")) {
                    try (InputStream in = jar.getInputStream(entry)) {
                        classes.put(name.substring(0, name.length() - 6), in.readAllBytes());
                    }
                }
            }
        }
        return classes;
    }
}
