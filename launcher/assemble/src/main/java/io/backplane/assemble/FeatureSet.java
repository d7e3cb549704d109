package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * The shipped features and those of the user, by name.
 *
 * @param features by artifact name, sorted
 */
record FeatureSet(Map<String, Feature> features) {

    /** What a choice of features amounts to. */
    record Flat(List<Feature> features, List<Feature.Entry> bundles) {

        List<Feature> tools() {
            return features.stream().filter(Feature::isTool)
                    .sorted(Comparator.comparing(Feature::name)).toList();
        }
    }

    /** Reads every {@code *.json} of {@code folder}. */
    static FeatureSet read(Path folder, Properties properties) throws AssemblyException {
        Map<String, Feature> features = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                Feature feature = FeatureReader.read(file, properties);
                if (!file.getFileName().toString().equals(feature.name() + ".json")) {
                    throw new AssemblyException(file.getFileName()
                            + ": the feature in it is called " + feature.name());
                }
                features.put(feature.name(), feature);
            }
        } catch (IOException e) {
            throw new AssemblyException("can't list " + folder + ": " + e, e);
        }
        return new FeatureSet(features);
    }

    /** Adds a feature of the user, whose name must be new. */
    void add(Feature feature) throws AssemblyException {
        Feature other = features.putIfAbsent(feature.name(), feature);
        if (other != null && !other.text().equals(feature.text())) {
            throw new AssemblyException(feature.place() + ": the name '" + feature.name()
                    + "' is taken by " + other.id());
        }
    }

    /** The feature called {@code name}. */
    Feature get(String name) throws AssemblyException {
        Feature feature = features.get(name);
        if (feature == null) {
            throw new AssemblyException("there is no feature called '" + name + "'; known: "
                    + String.join(", ", features.keySet()));
        }
        return feature;
    }

    private Feature get(Feature.Include include) throws AssemblyException {
        Feature feature = features.get(include.id().artifact());
        if (feature == null) {
            throw new AssemblyException(include.place() + ": there is no feature " + include.id()
                    + "; known: " + String.join(", ", features.keySet()));
        }
        if (!feature.id().equals(include.id())) {
            throw new AssemblyException(include.place() + ": there is no feature " + include.id()
                    + ", but " + feature.id());
        }
        return feature;
    }

    /**
     * The features {@code names} and all they include, and their bundles, each once, in order of
     * start level, then name.
     */
    Flat flatten(List<String> names) throws AssemblyException {
        Map<String, Feature> seen = new LinkedHashMap<>();
        Deque<Feature> pending = new ArrayDeque<>();
        for (String name : names) {
            pending.add(get(name));
        }
        while (!pending.isEmpty()) {
            Feature feature = pending.removeFirst();
            if (seen.putIfAbsent(feature.name(), feature) == null) {
                for (Feature.Include include : feature.includes()) {
                    pending.add(get(include));
                }
            }
        }
        return new Flat(List.copyOf(seen.values()), bundles(seen));
    }

    private static List<Feature.Entry> bundles(Map<String, Feature> features)
            throws AssemblyException {
        Map<String, Feature.Entry> byArtifact = new LinkedHashMap<>();
        for (Feature feature : features.values()) {
            for (Feature.Entry entry : feature.bundles()) {
                Feature.Entry other = byArtifact.putIfAbsent(
                        entry.id().group() + ":" + entry.id().artifact(), entry);
                if (other != null && !other.isSameAs(entry)) {
                    throw new AssemblyException(entry.place() + ": " + entry.id()
                            + " at start level " + entry.startLevel() + ", but " + other.place()
                            + " has " + other.id() + " at start level " + other.startLevel());
                }
            }
        }
        List<Feature.Entry> entries = new ArrayList<>(byArtifact.values());
        entries.sort(Comparator.comparingInt(Feature.Entry::startLevel)
                .thenComparing(e -> e.id().artifact()).thenComparing(e -> e.id().group()));
        return entries;
    }
}
