package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;

/**
 * Lays a distribution out.
 *
 * <table>
 * <caption>Folders</caption>
 * <tr><td>backplane</td><td>the start script</td></tr>
 * <tr><td>launcher/</td><td>class path of the daemon: launcher, framework, logging</td></tr>
 * <tr><td>mods/</td><td>module path: the one privileged module</td></tr>
 * <tr><td>bundles/</td><td>what the framework runs</td></tr>
 * <tr><td>lib/</td><td>jars of the tools that are not bundles of the product</td></tr>
 * <tr><td>etc/</td><td>start list, configuration, JVM flags, class path of each tool</td></tr>
 * <tr><td>aot/</td><td>trained AOT caches of the JVM</td></tr>
 * </table>
 *
 * @param root the source tree
 * @param jars where jars come from
 * @param properties values for the placeholders in feature and configuration files
 */
record Distribution(Path root, JarSource jars, Properties properties) {
    /** The privileged module; a tool has it on its class path. */
    private static final String SYS = "io.backplane.sys";
    private static final List<String> LAUNCHER = List.of(
            "org.apache.felix:org.apache.felix.framework:${felix.framework.version}",
            "org.slf4j:slf4j-api:${slf4j.version}",
            "ch.qos.logback:logback-classic:${logback.version}",
            "ch.qos.logback:logback-core:${logback.version}");

    /** Writes the product {@code product} into {@code target}. */
    void write(String product, Path target) throws AssemblyException {
        FeatureSet features = FeatureSet.read(root.resolve("features"), properties);
        Layout layout = new Layout(target);
        writeLauncher(layout);
        List<String> bundles = writeBundles(features, product, layout);
        for (Feature tool : features.tools()) {
            writeTool(tool, bundles, layout);
        }
        writeConfiguration(layout);
        layout.removeOthers();
    }

    private void writeLauncher(Layout layout) throws AssemblyException {
        String version = properties.getProperty("project.version");
        layout.copy(root.resolve("backplane"), "backplane");
        String sys = SYS + "-" + version + ".jar";
        layout.copy(root.resolve("launcher/sys/target").resolve(sys), "mods/" + sys);
        String launcher = "io.backplane.launcher-" + version + ".jar";
        layout.copy(root.resolve("launcher/boot/target").resolve(launcher),
                "launcher/" + launcher);
        List<String> classPath = new ArrayList<>(List.of("launcher/" + launcher));
        for (String text : LAUNCHER) {
            ArtifactId id = ArtifactId.parse(Feature.expand(text, properties, "launcher"),
                    "launcher");
            layout.copy(jars.find(id, "launcher"), "launcher/" + id.jarName());
            classPath.add("launcher/" + id.jarName());
        }
        layout.write(lines(classPath), "etc/daemon.classpath");
    }

    private List<String> writeBundles(FeatureSet features, String product, Layout layout)
            throws AssemblyException {
        List<String> paths = new ArrayList<>();
        StringBuilder list = new StringBuilder("# " + features.get(product).id()
                + ", flattened from its features: start level, bundle\n");
        for (Feature.Entry entry : features.flatten(product)) {
            String path = "bundles/" + entry.id().jarName();
            layout.copy(jars.find(entry.id(), product), path);
            paths.add(path);
            list.append(entry.startLevel()).append(' ').append(path).append('\n');
        }
        layout.write(list.toString(), "etc/start.list");
        return paths;
    }

    private void writeTool(Feature tool, List<String> bundles, Layout layout)
            throws AssemblyException {
        List<String> classPath = new ArrayList<>();
        for (ArtifactId id : tool.classPath()) {
            String bundle = "bundles/" + id.jarName();
            if (bundles.contains(bundle)) {
                classPath.add(bundle);
            } else if (id.artifact().equals(SYS)) {
                classPath.add("mods/" + id.jarName());
            } else {
                layout.copy(jars.find(id, tool.id().artifact()), "lib/" + id.jarName());
                classPath.add("lib/" + id.jarName());
            }
        }
        layout.write(lines(classPath), "etc/" + tool.id().artifact() + ".classpath");
    }

    private void writeConfiguration(Layout layout) throws AssemblyException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(root.resolve("config"))) {
            stream.forEach(files::add);
        } catch (IOException e) {
            throw new AssemblyException("can't list config: " + e, e);
        }
        Collections.sort(files);
        for (Path file : files) {
            String name = file.getFileName().toString();
            if (name.endsWith(".properties")) {
                layout.write(Feature.expand(read(file), properties, name), "etc/" + name);
            } else if (!name.endsWith(".md")) {
                layout.copy(file, "etc/" + name);
            }
        }
    }

    private static String read(Path file) throws AssemblyException {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssemblyException("can't read " + file + ": " + e, e);
        }
    }

    private static String lines(List<String> paths) {
        return String.join("\n", paths) + "\n";
    }
}
