package io.backplane.assemble;

import io.backplane.assemble.JarSource.Wanted;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.jar.JarFile;

/**
 * Gathers what a distribution consists of.
 *
 * <table>
 * <caption>Folders</caption>
 * <tr><td>backplane, LICENSE</td><td>the start script, the licence</td></tr>
 * <tr><td>launcher/</td><td>class path of the daemon: launcher, framework, logging</td></tr>
 * <tr><td>mods/</td><td>module path: the one privileged module</td></tr>
 * <tr><td>bundles/</td><td>what the framework runs</td></tr>
 * <tr><td>lib/</td><td>jars of the tools that are not bundles of the product</td></tr>
 * <tr><td>kit/</td><td>what new drivers and devices are made of, and other files of features
 *     </td></tr>
 * <tr><td>runtime/</td><td>a Java runtime, if wanted</td></tr>
 * <tr><td>etc/</td><td>product, its features, start list, bill of materials, configuration, JVM
 *     flags, class path of each tool</td></tr>
 * <tr><td>aot/</td><td>AOT caches of the JVM, made at the first start, never shipped</td></tr>
 * </table>
 */
final class Distribution {
    /** The privileged module; a tool has it on its class path. */
    private static final String SYS = "io.backplane.sys";
    private static final List<String> LAUNCHER = List.of(
            "org.apache.felix:org.apache.felix.framework:${felix.framework.version}",
            "org.slf4j:slf4j-api:${slf4j.version}",
            "ch.qos.logback:logback-classic:${logback.version}",
            "ch.qos.logback:logback-core:${logback.version}");

    private final Path root;
    private final Properties properties;
    private final FeatureSet.Flat flat;
    private final List<Selected> bundles;
    private final Map<ArtifactId, Path> jars;
    private final Content content = new Content();
    private final BillOfMaterials materials = new BillOfMaterials();

    /**
     * @param root the source tree
     * @param properties values for the placeholders in configuration files
     * @param flat the features
     * @param bundles those of the features and more, in order of start level
     * @param jars the jars of everything that {@link #wanted} names
     */
    Distribution(Path root, Properties properties, FeatureSet.Flat flat, List<Selected> bundles,
            Map<ArtifactId, Path> jars) {
        this.root = root;
        this.properties = properties;
        this.flat = flat;
        this.bundles = bundles;
        this.jars = jars;
    }

    /** The jars beside the bundles: of the launcher and of tools. */
    static List<Wanted> wanted(FeatureSet.Flat flat, Properties properties)
            throws AssemblyException {
        List<Wanted> wanted = new ArrayList<>();
        for (ArtifactId id : launcher(properties)) {
            wanted.add(new Wanted(id, "the launcher"));
        }
        for (Feature tool : flat.tools()) {
            for (ArtifactId id : tool.classPath()) {
                if (!id.artifact().equals(SYS)) {
                    wanted.add(new Wanted(id, tool.place()));
                }
            }
        }
        return wanted;
    }

    private static List<ArtifactId> launcher(Properties properties) throws AssemblyException {
        List<ArtifactId> ids = new ArrayList<>();
        for (String text : LAUNCHER) {
            ids.add(ArtifactId.parse(Feature.expand(text, properties, "the launcher"),
                    "the launcher"));
        }
        return ids;
    }

    /** The framework's properties in a distribution of the source tree {@code root}. */
    static Properties frameworkProperties(Path root, Properties properties)
            throws AssemblyException {
        Path file = root.resolve("config/config.properties");
        Properties config = new Properties();
        try {
            config.load(new StringReader(
                    Feature.expand(Files.readString(file), properties, "config.properties")));
        } catch (IOException e) {
            throw new AssemblyException("can't read " + file + ": " + e, e);
        }
        return config;
    }

    /**
     * All files.
     *
     * @param product the name it shows
     * @param modules modules of the runtime in {@code runtime}, or null for none
     */
    Content gather(String product, Iterable<String> modules, Path runtime)
            throws AssemblyException {
        String version = properties.getProperty("project.version");
        content.copy(root.resolve("backplane"), "backplane");
        content.copy(root.resolve("LICENSE"), "LICENSE");
        String sys = SYS + "-" + version + ".jar";
        add(new ArtifactId(SYS.substring(0, SYS.lastIndexOf('.')), SYS, "jar", "", version),
                root.resolve("launcher/sys/target").resolve(sys), "mods/" + sys);
        if (!bundles.isEmpty()) {
            addDaemon(version);
        }
        for (Feature tool : flat.tools()) {
            addTool(tool);
        }
        addConfiguration();
        for (Feature feature : flat.features()) {
            for (Map.Entry<String, Path> file : feature.files().entrySet()) {
                content.copyAll(file.getValue(), file.getKey());
            }
            content.write(feature.text(), "etc/features/" + feature.name() + ".json");
        }
        if (modules != null) {
            content.copyAll(runtime, "runtime");
            materials.addRuntime(Runtime.version().toString(), modules);
        }
        content.write(materials.text(product, version), "etc/sbom.cdx.json");
        content.write("name=" + product + "\nversion=" + version + "\nbuild="
                + content.hash().substring(0, 16) + "\n", "etc/product");
        return content;
    }

    private void add(ArtifactId id, Path jar, String name) throws AssemblyException {
        if (!content.has(name)) {
            materials.add(id, jar);
        }
        content.copy(jar, name);
    }

    private void addDaemon(String version) throws AssemblyException {
        String launcher = "io.backplane.launcher-" + version + ".jar";
        add(new ArtifactId("io.backplane", "io.backplane.launcher", "jar", "", version),
                root.resolve("launcher/boot/target").resolve(launcher), "launcher/" + launcher);
        List<String> classPath = new ArrayList<>(List.of("launcher/" + launcher));
        for (ArtifactId id : launcher(properties)) {
            add(id, jars.get(id), "launcher/" + id.jarName());
            classPath.add("launcher/" + id.jarName());
        }
        content.write(lines(classPath), "etc/daemon.classpath");
        StringBuilder list = new StringBuilder("# start level, bundle\n");
        for (Selected bundle : bundles) {
            add(bundle.id(), bundle.jar(), bundle.path());
            list.append(bundle.startLevel()).append(' ').append(bundle.path()).append('\n');
        }
        content.write(list.toString(), "etc/start.list");
    }

    private void addTool(Feature tool) throws AssemblyException {
        List<String> classPath = new ArrayList<>();
        boolean hasTraining = false;
        for (ArtifactId id : tool.classPath()) {
            String bundle = "bundles/" + id.jarName();
            if (id.artifact().equals(SYS)) {
                classPath.add("mods/" + id.jarName());
                continue;
            }
            hasTraining |= hasTraining(tool.name(), jars.get(id));
            if (content.has(bundle)) {
                classPath.add(bundle);
            } else {
                add(id, jars.get(id), "lib/" + id.jarName());
                classPath.add("lib/" + id.jarName());
            }
        }
        content.write(lines(classPath), "etc/" + tool.name() + ".classpath");
        if (hasTraining) {
            content.write("The class Training runs typical commands, for the AOT cache.\n",
                    "etc/" + tool.name() + ".training");
        }
    }

    private static boolean hasTraining(String tool, Path jar) throws AssemblyException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getEntry("io/backplane/tool/" + tool + "/Training.class") != null;
        } catch (IOException e) {
            throw new AssemblyException("can't read " + jar + ": " + e, e);
        }
    }

    private void addConfiguration() throws AssemblyException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(root.resolve("config"))) {
            stream.forEach(files::add);
            Collections.sort(files);
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.endsWith(".properties")) {
                    content.write(Feature.expand(Files.readString(file), properties, name),
                            "etc/" + name);
                } else if (isWanted(name)) {
                    content.copy(file, "etc/" + name);
                }
            }
        } catch (IOException e) {
            throw new AssemblyException("can't read config: " + e, e);
        }
    }

    /** JVM flags only for what is there. */
    private boolean isWanted(String name) {
        if (name.endsWith(".jvm") && !name.equals("tool.jvm")) {
            return content.has("etc/" + name.replace(".jvm", ".classpath"));
        }
        return !name.endsWith(".md");
    }

    /** Every jar in it, for the modules of a runtime. */
    List<Path> allJars() {
        Map<Path, Boolean> all = new LinkedHashMap<>();
        bundles.forEach(b -> all.put(b.jar(), true));
        jars.values().forEach(jar -> all.put(jar, true));
        String version = properties.getProperty("project.version");
        all.put(root.resolve("launcher/sys/target/" + SYS + "-" + version + ".jar"), true);
        if (!bundles.isEmpty()) {
            all.put(root.resolve("launcher/boot/target/io.backplane.launcher-" + version + ".jar"),
                    true);
        }
        return List.copyOf(all.keySet());
    }

    private static String lines(List<String> paths) {
        return String.join("\n", paths) + "\n";
    }
}
