package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code backplane assemble}: what it refuses, where it finds bundles, what it writes. */
class AssembleTest {
    private static final String CORE = "\"extensions\": {\"includes\": {\"kind\": \"mandatory\","
            + " \"type\": \"artifacts\", \"artifacts\": ["
            + "{\"id\": \"io.backplane:core:${project.version}\"}]}}";

    @TempDir
    private Path folder;

    @Test
    void missingPackageIsNamedWithWhoNeedsItAndNearMisses() throws Exception {
        Path jar = bundle("bad", "1.0", Map.of("Import-Package",
                "io.backplane.blok.spi,io.backplane.aio;version=\"[7,8)\""));

        Command command = assemble("--feature", "core", "--bundle", jar.toString());

        assertEquals(1, command.exitCode());
        assertTrue(command.err().contains("bad 1.0.0 needs the package io.backplane.blok.spi;"
                + " near misses: io.backplane.block.spi"), command.err());
        assertTrue(command.err().contains("bad 1.0.0 needs the package io.backplane.aio in version"
                + " [7.0.0,8.0.0); io.backplane.aio has it in version 1."), command.err());
        assertFalse(Files.exists(output()));
    }

    @Test
    void missingServiceIsNamedWithTheFeatureThatHasIt() throws Exception {
        Path jar = bundle("needy", "1.0", Map.of("Require-Capability", "osgi.service;filter:="
                + "\"(objectClass=io.backplane.export.ExportDriver)\";effective:=active"));

        Command command = assemble("--feature", "core", "--bundle", jar.toString());

        assertEquals(1, command.exitCode());
        assertTrue(command.err().contains("needy 1.0.0 needs the service"
                + " io.backplane.export.ExportDriver; the feature 'exports'"
                + " (io.backplane.export.vhostuser) has it"), command.err());
    }

    @Test
    void mistakeInAFeatureFileIsShownWithItsLine() throws Exception {
        Path file = feature("\n\"bundels\": []");

        Command command = assemble("--feature", file.toString());

        assertEquals(1, command.exitCode());
        assertEquals("backplane assemble: mine.json:2: unknown key 'bundels' in a feature;"
                + " did you mean 'bundles'?\n", command.err());
        assertFalse(Files.exists(output()));
    }

    @Test
    void badAndUnknownCoordinatesAreRefused() throws Exception {
        Command malformed = assemble("--feature", "core", "--bundle", "org.example:thing");
        assertTrue(malformed.err().contains("--bundle (there is no such file): 'org.example:thing'"
                + " is not of the form group:artifact:version"), malformed.err());

        Command unknown = assemble("--feature",
                feature("\n\"bundles\": [\n{\"id\": \"org.example:thing:1\"}]").toString());
        assertEquals(1, unknown.exitCode());
        assertTrue(unknown.err().contains("mine.json:3: can't get org.example:thing:1"),
                unknown.err());

        Command feature = assemble("--feature", "nope");
        assertTrue(feature.err().contains("there is no feature called 'nope'; known: "),
                feature.err());
    }

    @Test
    void jarThatIsNoBundleIsRefused() throws Exception {
        Path jar = SmallBundle.write(folder.resolve("plain.jar"), Map.of(), List.of());

        Command command = assemble("--feature", "core", "--bundle", jar.toString());

        assertEquals(1, command.exitCode());
        assertTrue(command.err().contains("plain.jar"), command.err());
    }

    @Test
    void ownBundlesComeFromFoldersAndRepositories() throws Exception {
        bundle("flat", "1.0", Map.of("Export-Package", "a;version=1"));
        Path deep = folder.resolve("repository/org/example/deep/2.0/deep-2.0.jar");
        SmallBundle.write(deep, headers("deep", "2.0", Map.of("Import-Package", "a")), List.of());
        Path file = feature("\"bundles\": [{\"id\": \"org.example:flat:1.0\"},"
                + " {\"id\": \"org.example:deep:2.0\", \"bundleStartLevel\": 30}], // both\n"
                + CORE);

        Command command = assemble("--feature", file.toString(), "--repository",
                folder.resolve("jars").toString(), "--repository",
                folder.resolve("repository").toString(), "--name", "own");

        assertEquals(0, command.exitCode(), command.err());
        String list = Files.readString(unpack().resolve("etc/start.list"));
        assertTrue(list.contains("20 bundles/flat-1.0.jar\n"), list);
        assertTrue(list.contains("30 bundles/deep-2.0.jar\n"), list);

        Files.writeString(deep.resolveSibling("deep-2.0.jar.sha1"), "0".repeat(40));
        Command damaged = assemble("--feature", file.toString(), "--repository",
                folder.resolve("jars").toString(), "--repository",
                folder.resolve("repository").toString());
        assertTrue(damaged.err().contains("deep-2.0.jar is damaged: its SHA-1 is "),
                damaged.err());
    }

    @Test
    void sameInputGivesTheSameBytes() throws Exception {
        assertEquals(0, assemble("--feature", "storage-daemon").exitCode());
        byte[] first = Files.readAllBytes(output());
        Files.delete(output());
        assertEquals(0, assemble("--feature", "storage-daemon").exitCode());

        assertArrayEquals(first, Files.readAllBytes(output()));
        assertArrayEquals(new byte[4], Arrays.copyOfRange(first, 4, 8), "time in the header");
    }

    @Test
    void contentIsListed() throws Exception {
        assertEquals(0, assemble("--feature", "minimal-blk").exitCode());
        Path dist = unpack();

        String materials = Files.readString(dist.resolve("etc/sbom.cdx.json"));
        assertTrue(materials.contains("pkg:maven/io.backplane/io.backplane.driver.raw@"));
        assertTrue(Files.exists(dist.resolve("etc/features/minimal-blk.json")));
        assertTrue(Files.exists(dist.resolve("LICENSE")));
        assertFalse(Files.exists(dist.resolve("aot")));
        assertFalse(Files.exists(dist.resolve("lib")));
        String list = Files.readString(dist.resolve("etc/start.list"));
        for (String absent : List.of("qcow2", "shell", "console", "gogo", "jline")) {
            assertFalse(list.contains(absent), absent);
        }
    }

    private Path output() {
        return folder.resolve("out.tar.gz");
    }

    private Command assemble(String... arguments) throws Exception {
        String[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "-o";
        all[arguments.length + 1] = output().toString();
        return Assembler.run(all);
    }

    /** The one folder in the archive. */
    private Path unpack() throws Exception {
        Path target = Files.createDirectory(folder.resolve("unpacked"));
        Command tar = Command.run("tar", "xzf", output().toString(), "-C", target.toString(),
                "--strip-components=1");
        assertEquals(0, tar.exitCode(), tar.err());
        return target;
    }

    private Path feature(String body) throws Exception {
        return Files.writeString(folder.resolve("mine.json"),
                "{\"id\": \"org.example:mine:1\"," + body + "}");
    }

    private static Map<String, String> headers(String name, String version,
            Map<String, String> more) {
        Map<String, String> headers = new java.util.HashMap<>(more);
        headers.put("Bundle-SymbolicName", name);
        headers.put("Bundle-Version", version);
        return headers;
    }

    private Path bundle(String name, String version, Map<String, String> more) throws Exception {
        return SmallBundle.write(folder.resolve("jars/" + name + "-" + version + ".jar"),
                headers(name, version, more), List.of());
    }
}
