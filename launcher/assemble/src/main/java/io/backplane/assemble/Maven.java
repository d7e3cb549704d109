package io.backplane.assemble;

import io.backplane.assemble.JarSource.Wanted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Downloads artifacts with the command {@code mvn}, so that the user's mirrors, proxies and
 * credentials hold, into a folder of this run and into the local repository. Checksums of
 * repositories must match.
 *
 * @param work a folder for the run
 * @param repositories addresses beside Maven Central and those of the user's settings
 * @param isOffline whether nothing may be downloaded
 */
record Maven(Path work, List<String> repositories, boolean isOffline) {
    private static final String PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0";

    /** The jars of all {@code wanted}; {@code whereLooked} is for the message. */
    Map<ArtifactId, Path> download(List<Wanted> wanted, Supplier<String> whereLooked)
            throws AssemblyException {
        Path pom = work.resolve("pom.xml");
        Path log = work.resolve("maven.log");
        try {
            Files.writeString(pom, pom(wanted));
            int exitCode = run(List.of("mvn", "-B", "-q", "-ntp", "-C", isOffline ? "-o" : "-U",
                    "-f", pom.toString(), PLUGIN + ":copy-dependencies",
                    "-DexcludeTransitive=true",
                    "-DoutputDirectory=" + work.resolve("jars")), log);
            Map<ArtifactId, Path> found = new LinkedHashMap<>();
            for (Wanted each : wanted) {
                Path jar = work.resolve("jars").resolve(each.id().jarName());
                if (exitCode != 0 || !Files.isRegularFile(jar)) {
                    throw failed(wanted, Files.readString(log), whereLooked.get());
                }
                found.put(each.id(), jar);
            }
            return found;
        } catch (IOException e) {
            throw new AssemblyException(wanted.getFirst().place() + ": " + wanted.getFirst().id()
                    + " is not in " + whereLooked.get() + ", and Maven can't be asked: "
                    + e.getMessage(), e);
        }
    }

    private int run(List<String> command, Path log) throws IOException, AssemblyException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            throw new AssemblyException("interrupted", e);
        }
    }

    /** Names the first artifact that Maven complains of, with what it says. */
    private AssemblyException failed(List<Wanted> wanted, String log, String whereLooked) {
        for (Wanted each : wanted) {
            ArtifactId id = each.id();
            String name = id.group() + ":" + id.artifact() + ":jar:"
                    + (id.classifier().isEmpty() ? "" : id.classifier() + ":") + id.version();
            for (String line : log.split("\n")) {
                if (line.contains(name)) {
                    return new AssemblyException(each.place() + ": can't get " + id + ": it is not"
                            + " in " + whereLooked + ", and Maven says: " + shorten(line));
                }
            }
        }
        String first = log.lines().filter(l -> l.contains("ERROR")).findFirst().orElse(log);
        return new AssemblyException(wanted.getFirst().place() + ": can't get "
                + wanted.getFirst().id() + ": Maven says: " + first.strip());
    }

    private static String shorten(String line) {
        int from = Math.max(line.lastIndexOf("Could not"), line.lastIndexOf("Cannot access"));
        String text = line.substring(from < 0 ? 0 : from);
        int end = text.indexOf(" -> [Help");
        return (end < 0 ? text : text.substring(0, end)).strip();
    }

    private String pom(List<Wanted> wanted) {
        StringBuilder pom = new StringBuilder("<project><modelVersion>4.0.0</modelVersion>"
                + "<groupId>local</groupId><artifactId>assemble</artifactId><version>1</version>"
                + "<packaging>pom</packaging>\n<repositories>\n");
        int index = 0;
        for (String repository : repositories) {
            pom.append("<repository><id>given").append(index++).append("</id><url>")
                    .append(escape(repository)).append("</url></repository>\n");
        }
        pom.append("</repositories>\n<dependencies>\n");
        for (Wanted each : wanted) {
            ArtifactId id = each.id();
            pom.append("<dependency><groupId>").append(id.group()).append("</groupId><artifactId>")
                    .append(id.artifact()).append("</artifactId><version>").append(id.version())
                    .append("</version>").append(id.classifier().isEmpty() ? ""
                            : "<classifier>" + id.classifier() + "</classifier>")
                    .append("<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId>"
                            + "</exclusion></exclusions></dependency>\n");
        }
        return pom.append("</dependencies></project>\n").toString();
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
