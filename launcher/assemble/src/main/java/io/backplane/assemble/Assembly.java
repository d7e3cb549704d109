package io.backplane.assemble;

import io.backplane.assemble.JarSource.Wanted;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * One run of the assembler: choose, find the jars, resolve; only then write.
 *
 * @param order what the user wants
 * @param work a scratch folder
 * @param properties the pinned versions
 */
record Assembly(Order order, Path work, Properties properties) {
    /** Where a bundle starts that says nothing else: with the drivers. */
    private static final int START_LEVEL = 20;

    /**
     * What the user wants.
     *
     * @param features names of shipped features or paths of feature files
     * @param bundles coordinates, jars, or folders of jars
     * @param repositories folders and addresses
     * @param modules more modules for the runtime
     * @param name of the product; null for the name of the features
     * @param output an archive or a folder; null for a check without output
     * @param thirdParty where the build put its third-party jars
     */
    record Order(Path root, Path thirdParty, List<String> features, List<String> bundles,
            List<String> repositories, boolean isJlink, List<String> modules, boolean isOffline,
            String name, Path output) {

        boolean isArchive() {
            String file = output.getFileName().toString();
            return file.endsWith(".tar.gz") || file.endsWith(".tgz");
        }
    }

    /** Does it; returns what to tell the user. */
    String run() throws AssemblyException {
        FeatureSet features = FeatureSet.read(order.root().resolve("features"), properties);
        FeatureSet.Flat flat = features.flatten(names(features));
        Map<ArtifactId, Path> jars = new LinkedHashMap<>();
        List<Selected> bundles = select(flat, jars);
        resolve(features, bundles);
        Distribution distribution =
                new Distribution(order.root(), properties, flat, bundles, jars);
        if (order.output() == null) {
            return product() + ": " + bundles.size() + " bundles fit together";
        }
        Content content = gather(distribution);
        write(content);
        return "wrote " + order.output() + " (" + product() + ", " + bundles.size() + " bundles)";
    }

    /** The names of the features; those given as files join the set. */
    private List<String> names(FeatureSet features) throws AssemblyException {
        List<String> names = new ArrayList<>();
        for (String each : order.features()) {
            if (isFile(each)) {
                Feature feature = FeatureReader.read(Path.of(each), properties);
                features.add(feature);
                names.add(feature.name());
            } else {
                names.add(each);
            }
        }
        return names;
    }

    private static boolean isFile(String feature) {
        return feature.endsWith(".json") || feature.contains("/");
    }

    private String product() throws AssemblyException {
        if (order.name() != null) {
            return order.name();
        }
        List<String> names = new ArrayList<>();
        for (String each : order.features()) {
            names.add(isFile(each) ? FeatureReader.read(Path.of(each), properties).name() : each);
        }
        return String.join("+", names);
    }

    private List<Selected> select(FeatureSet.Flat flat, Map<ArtifactId, Path> jars)
            throws AssemblyException {
        List<Wanted> wanted = new ArrayList<>(Distribution.wanted(flat, properties));
        flat.bundles().forEach(e -> wanted.add(new Wanted(e.id(), e.place())));
        List<ArtifactId> more = new ArrayList<>();
        List<Selected> selected = new ArrayList<>();
        for (String each : order.bundles()) {
            if (Files.exists(Path.of(each))) {
                addFiles(Path.of(each), selected);
            } else {
                ArtifactId id = ArtifactId.parse(each, "--bundle (there is no such file)");
                more.add(id);
                wanted.add(new Wanted(id, "--bundle"));
            }
        }
        jars.putAll(source().findAll(wanted));
        for (ArtifactId id : more) {
            selected.add(new Selected(id.toString(), id, jars.get(id), START_LEVEL));
        }
        for (Feature.Entry entry : flat.bundles()) {
            Path jar = jars.get(entry.id());
            requireHash(entry, jar);
            selected.add(new Selected(entry.id().toString(), entry.id(), jar,
                    entry.startLevel()));
        }
        selected.sort(Comparator.comparingInt(Selected::startLevel)
                .thenComparing(Selected::path));
        return selected;
    }

    private static void addFiles(Path path, List<Selected> selected) throws AssemblyException {
        if (!Files.isDirectory(path)) {
            selected.add(new Selected(path.toString(), null, path, START_LEVEL));
            return;
        }
        int before = selected.size();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*.jar")) {
            for (Path file : files) {
                selected.add(new Selected(file.toString(), null, file, START_LEVEL));
            }
        } catch (IOException e) {
            throw new AssemblyException("can't list " + path + ": " + e, e);
        }
        if (selected.size() == before) {
            throw new AssemblyException("--bundle " + path + ": the folder has no *.jar");
        }
    }

    private static void requireHash(Feature.Entry entry, Path jar) throws AssemblyException {
        String hash = Digest.hex("SHA-256", jar);
        if (entry.sha256() != null && !entry.sha256().equals(hash)) {
            throw new AssemblyException(entry.place() + ": the sha256 of " + entry.id()
                    + " should be " + entry.sha256() + ", but that of " + jar + " is " + hash);
        }
    }

    private JarSource source() throws AssemblyException {
        List<Path> folders = new ArrayList<>();
        List<String> addresses = new ArrayList<>();
        for (String each : order.repositories()) {
            if (each.contains("://")) {
                addresses.add(each);
            } else if (Files.isDirectory(Path.of(each))) {
                folders.add(Path.of(each));
            } else {
                throw new AssemblyException("--repository " + each
                        + " is neither a folder nor an address");
            }
        }
        String local = System.getProperty("maven.repo.local",
                System.getProperty("user.home") + "/.m2/repository");
        return new JarSource(order.root(), order.thirdParty(), folders, Path.of(local),
                new Maven(work, addresses, order.isOffline()));
    }

    private void resolve(FeatureSet features, List<Selected> bundles) throws AssemblyException {
        JarSource source = source();
        Map<Path, String> others = new LinkedHashMap<>();
        for (Feature feature : features.features().values()) {
            for (Feature.Entry entry : feature.bundles()) {
                Path jar = source.findHere(entry.id());
                if (jar != null && bundles.stream().noneMatch(b -> b.jar().equals(jar))) {
                    others.putIfAbsent(jar, feature.name());
                }
            }
        }
        try (Resolution resolution = Resolution.open(
                Distribution.frameworkProperties(order.root(), properties),
                work.resolve("framework"))) {
            resolution.check(bundles, others);
        } catch (IOException e) {
            throw new AssemblyException(e.getMessage(), e);
        }
    }

    private Content gather(Distribution distribution) throws AssemblyException {
        if (!order.isJlink()) {
            return distribution.gather(product(), null, null);
        }
        Set<String> modules = RuntimeImage.modules(distribution.allJars());
        modules.addAll(order.modules());
        Path runtime = work.resolve("runtime");
        RuntimeImage.write(modules, runtime);
        return distribution.gather(product(), modules, runtime);
    }

    private void write(Content content) throws AssemblyException {
        if (order.isArchive()) {
            Archive.write(content, "backplane-" + product() + "-"
                    + properties.getProperty("project.version"), order.output());
        } else {
            Folder.write(content, order.output());
        }
    }
}
