package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** All feature files of a folder, by artifact name, and the flattening of one of them. */
record FeatureSet(Map<String, Feature> features) {

    /** Reads every {@code *.json} of {@code folder}. */
    static FeatureSet read(Path folder, Properties properties) throws AssemblyException {
        Map<String, Feature> features = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                Feature feature = Feature.read(file, properties);
                String name = feature.id().artifact();
                if (!file.getFileName().toString().equals(name + ".json")) {
                    throw new AssemblyException(file.getFileName() + ": the feature in it is called "
                            + name);
                }
                features.put(name, feature);
            }
        } catch (IOException e) {
            throw new AssemblyException("can't list " + folder + ": " + e, e);
        }
        return new FeatureSet(features);
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

    /**
     * The bundles of {@code name} and all features it includes, each once, in order of start
     * level, then name.
     */
    List<Feature.Entry> flatten(String name) throws AssemblyException {
        Map<String, Feature.Entry> byArtifact = new LinkedHashMap<>();
        Map<String, Feature> seen = new LinkedHashMap<>();
        Deque<String> pending = new ArrayDeque<>(List.of(name));
        while (!pending.isEmpty()) {
            String next = pending.removeFirst();
            if (seen.containsKey(next)) {
                continue;
            }
            Feature feature = get(next);
            seen.put(next, feature);
            pending.addAll(feature.includes());
            for (Feature.Entry entry : feature.bundles()) {
                Feature.Entry other = byArtifact.putIfAbsent(entry.id().artifact(), entry);
                if (other != null && !other.equals(entry)) {
                    throw new AssemblyException(name + ": " + entry.id() + " is there twice with"
                            + " different versions or start levels");
                }
            }
        }
        List<Feature.Entry> entries = new ArrayList<>(byArtifact.values());
        entries.sort(Comparator.comparingInt(Feature.Entry::startLevel)
                .thenComparing(e -> e.id().artifact()));
        return entries;
    }

    /** The features that describe a tool with a class path of its own. */
    Collection<Feature> tools() {
        return features.values().stream().filter(f -> !f.classPath().isEmpty()).toList();
    }
}
