package io.backplane.assemble;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;

/**
 * A Java runtime with just the modules that the jars of a distribution need, made by jlink: the
 * modules of the packages that bundles must import, and those that jdeps finds in the classes.
 */
final class RuntimeImage {
    /**
     * Modules that libraries use only if they are there: JLine for a graphical terminal, gson and
     * picocli for types of java.sql. They come in when a bundle must import a package of them.
     */
    private static final Set<String> ONLY_IF_IMPORTED =
            Set.of("java.desktop", "java.sql", "java.sql.rowset");
    /** A comma outside quotes. */
    private static final Pattern CLAUSE_END = Pattern.compile(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)");
    private static final Pattern OPTIONAL = Pattern.compile("resolution:=\"?optional");
    private static final String BASE = "java.base";

    private RuntimeImage() {
    }

    /** The modules {@code jars} need, sorted. */
    static Set<String> modules(Collection<Path> jars) throws AssemblyException {
        Set<String> modules = new TreeSet<>(Set.of(BASE));
        modules.addAll(used(jars));
        modules.removeAll(ONLY_IF_IMPORTED);
        Map<String, String> owners = owners();
        for (Path jar : jars) {
            for (String name : mandatoryImports(jar)) {
                if (owners.containsKey(name)) {
                    modules.add(owners.get(name));
                }
            }
        }
        return modules;
    }

    private static Set<String> used(Collection<Path> jars) throws AssemblyException {
        List<String> arguments = new ArrayList<>(List.of("--multi-release", "25",
                "--ignore-missing-deps", "--print-module-deps"));
        jars.forEach(jar -> arguments.add(jar.toString()));
        String[] lines = run("jdeps", arguments).strip().split("\n");
        return new TreeSet<>(List.of(lines[lines.length - 1].strip().split(",")));
    }

    /** The module of each package that the JDK exports to everybody. */
    private static Map<String, String> owners() {
        Map<String, String> owners = new HashMap<>();
        for (ModuleReference reference : ModuleFinder.ofSystem().findAll()) {
            for (ModuleDescriptor.Exports each : reference.descriptor().exports()) {
                if (!each.isQualified()) {
                    owners.put(each.source(), reference.descriptor().name());
                }
            }
        }
        return owners;
    }

    private static Set<String> mandatoryImports(Path jar) throws AssemblyException {
        Set<String> names = new TreeSet<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            String header = manifest == null ? null
                    : manifest.getMainAttributes().getValue("Import-Package");
            if (header != null) {
                for (String clause : CLAUSE_END.split(header)) {
                    if (!OPTIONAL.matcher(clause).find()) {
                        names.add(clause.split(";")[0].strip());
                    }
                }
            }
        } catch (IOException e) {
            throw new AssemblyException("can't read " + jar + ": " + e, e);
        }
        return names;
    }

    /** Makes the runtime in {@code target}, which must not exist. */
    static void write(Set<String> modules, Path target) throws AssemblyException {
        run("jlink", List.of("--add-modules", String.join(",", modules), "--no-header-files",
                "--no-man-pages", "--generate-cds-archive", "--release-info",
                "add:JAVA_RUNTIME_VERSION=\"" + Runtime.version() + "\"",
                "--output", target.toString()));
    }

    private static String run(String name, List<String> arguments) throws AssemblyException {
        Path tool = Path.of(System.getProperty("java.home"), "bin", name);
        if (!Files.isExecutable(tool)) {
            throw new AssemblyException("there is no " + tool + ": assemble with a JDK");
        }
        List<String> command = new ArrayList<>(List.of(tool.toString()));
        command.addAll(arguments);
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(),
                    StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssemblyException(name + " says: " + output.strip());
            }
            return output;
        } catch (IOException e) {
            throw new AssemblyException("can't run " + tool + ": " + e, e);
        } catch (InterruptedException e) {
            throw new AssemblyException("interrupted", e);
        }
    }
}
