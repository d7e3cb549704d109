package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds the manifest of every built bundle against bundles/ARROWS. */
class ArrowsTest {
    private static final String PREFIX = "io.backplane.";

    private record Arrow(String kind, SortedSet<String> packages) {
    }

    @Test
    void everyBundleImportsExactlyWhatItsArrowsAllow() throws IOException {
        Map<String, Arrow> arrows = arrows();
        List<String> faults = new ArrayList<>();
        List<BuiltBundle> bundles = BuiltBundle.all();
        for (BuiltBundle bundle : bundles) {
            if (bundle.name().startsWith(PREFIX + "tool.")
                    || bundle.name().equals(PREFIX + "tck")) {
                continue;
            }
            Arrow arrow = arrows.get(bundle.name().substring(PREFIX.length()));
            if (arrow == null) {
                faults.add(bundle.name() + " has no line in bundles/ARROWS");
                continue;
            }
            SortedSet<String> imports = own(bundle.importedPackages());
            imports.removeAll(own(bundle.exportedPackages()));
            for (String name : imports) {
                if (!arrow.packages.contains(name)) {
                    faults.add(bundle.name() + " imports " + PREFIX + name
                            + ", which bundles/ARROWS does not allow");
                }
            }
            for (String name : arrow.packages) {
                if (!imports.contains(name)) {
                    faults.add("bundles/ARROWS lets " + bundle.name() + " know " + PREFIX + name
                            + ", which it does not import");
                }
            }
        }
        assertEquals(List.of(), faults);
        assertTrue(bundles.size() >= 20, "only " + bundles.size() + " bundles were looked at");
    }

    @Test
    void providersExportNothing() throws IOException {
        Map<String, Arrow> arrows = arrows();
        List<String> faults = new ArrayList<>();
        for (BuiltBundle bundle : BuiltBundle.all()) {
            Arrow arrow = arrows.get(bundle.name().substring(PREFIX.length()));
            boolean provider = arrow != null && arrow.kind.equals("provider");
            if (provider && !bundle.exportedPackages().isEmpty()) {
                faults.add("provider " + bundle.name() + " exports " + bundle.exportedPackages());
            }
        }
        assertEquals(List.of(), faults);
    }

    private static SortedSet<String> own(SortedSet<String> packages) {
        SortedSet<String> own = new TreeSet<>();
        for (String name : packages) {
            if (name.startsWith(PREFIX)) {
                own.add(name.substring(PREFIX.length()));
            }
        }
        return own;
    }

    private static Map<String, Arrow> arrows() throws IOException {
        Map<String, Arrow> arrows = new TreeMap<>();
        for (String line : Files.readAllLines(BuiltBundle.root().resolve("bundles/ARROWS"))) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] halves = line.split(":", -1);
            String[] left = halves[0].strip().split("\\s+");
            SortedSet<String> packages = new TreeSet<>();
            for (String name : halves[1].strip().split("\\s+")) {
                if (!name.isEmpty()) {
                    packages.add(name);
                }
            }
            arrows.put(left[1], new Arrow(left[0], packages));
        }
        return arrows;
    }
}
