package io.backplane.assemble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureSetTest {
    private static final String INCLUDE_CORE = "'extensions': {'includes': {'kind': 'mandatory',"
            + " 'type': 'artifacts', 'artifacts': [{'id': 'g:core:%s'}]}}";

    @TempDir
    private Path folder;
    private final Properties properties = new Properties();

    @BeforeEach
    void setVersion() {
        properties.setProperty("vers", "1.2.3");
    }

    @Test
    void flattenedListIsSortedByStartLevelThenName() throws Exception {
        write("core", "'bundles': [{'id': 'g:z:1', 'bundleStartLevel': 5}, {'id': 'g:a:${vers}'}]");
        write("all", "'bundles': [{'id': 'g:b:1', 'bundleStartLevel': 5}],"
                + INCLUDE_CORE.formatted("1"));

        assertEquals(List.of("b", "z", "a"), flatten("all"));
        assertEquals("1.2.3", read().flatten(List.of("core")).bundles().getLast().id().version());
    }

    @Test
    void commentsAndVariablesAreUnderstood() throws Exception {
        write("core", "// what 'v' is not:\n /* 'id': */ 'variables': {'w': 7},\n"
                + "'description': 'see http://here', 'bundles': [{'id': 'g:a:${w}'}]");

        assertEquals("7", read().flatten(List.of("core")).bundles().getFirst().id().version());
        assertEquals("see http://here", read().get("core").description());
    }

    @Test
    void mistakesNameTheFileAndTheLine() throws Exception {
        refused("core.json:2: unknown key 'bundels' in a feature; did you mean 'bundles'?",
                "'bundels': []");
        refused("core.json:4: unknown key 'level' in an entry of 'bundles'",
                "'bundles': [\n{'id': 'g:a:1',\n'level': 3}]");
        refused("core.json:2: 'g:a' is not of the form group:artifact:version"
                + " (or group:artifact:type:classifier:version)", "'bundles': [{'id': 'g:a'}]");
        refused("core.json:2: bundleStartLevel 0.0 of g:a:1 is not a whole number in 1..99",
                "'bundles': [{'id': 'g:a:1', 'bundleStartLevel': 0}]");
        refused("core.json:2: nothing defines ${w}", "'bundles': [{'id': 'g:a:${w}'}]");
        refused("core.json:2: 'name' is there twice", "'name': 'a', 'name': 'b'");
        refused("core.json:2: nothing here knows the mandatory extension 'include'; did you mean"
                + " 'includes'?", "'extensions': {'include': {'kind': 'mandatory'}}");
        refused("core.json:2: 'configurations' must be empty: nothing in a distribution reads them",
                "'configurations': {'pid': {}}");
        refused("core.json:2: 'sha256' is not 64 lower-case hexadecimal digits",
                "'bundles': [{'id': 'g:a:1', 'sha256': 'AB'}]");
    }

    @Test
    void filesAreFoundBesideTheFeatureFile() throws Exception {
        write("core", "'extensions': {'files': {'kind': 'mandatory', 'type': 'json', 'json':"
                + " {'kit/a': 'a-${vers}'}}}");

        assertEquals(Map.of("kit/a", folder.resolve("a-1.2.3")), read().get("core").files());
        refused("core.json:2: '../a' is no name inside a distribution",
                "'extensions': {'files': {'type': 'json', 'json': {'../a': 'a'}}}");
        refused("core.json:2: the extension 'files' is not of the type 'json'",
                "'extensions': {'files': {'type': 'artifacts'}}");
    }

    @Test
    void brokenJsonNamesTheLine() throws Exception {
        Files.writeString(folder.resolve("core.json"), "{\n\"id\": \"g:core:1\",\n]");

        String message = assertThrows(AssemblyException.class, this::read).getMessage();
        assertTrue(message.startsWith("core.json:3: "), message);
    }

    @Test
    void oneBundleInTwoVersionsIsRefused() throws Exception {
        write("core", "'bundles': [{'id': 'g:a:1'},\n{'id': 'g:a:2'}]");

        assertEquals("core.json:3: g:a:2 at start level 20, but core.json:2 has g:a:1 at start"
                + " level 20", assertThrows(AssemblyException.class,
                        () -> read().flatten(List.of("core"))).getMessage());
    }

    @Test
    void unknownFeatureIsNamed() throws Exception {
        write("core", "'bundles': []");
        write("all", INCLUDE_CORE.formatted("2"));

        assertEquals("there is no feature called 'nope'; known: all, core",
                assertThrows(AssemblyException.class, () -> flatten("nope")).getMessage());
        assertEquals("all.json:2: there is no feature g:core:2, but g:core:1",
                assertThrows(AssemblyException.class, () -> flatten("all")).getMessage());
    }

    @Test
    void damagedJarIsRefused() throws Exception {
        Path jar = Files.writeString(folder.resolve("a-1.jar"), "not what it was");
        Files.writeString(folder.resolve("a-1.jar.sha1"),
                "da39a3ee5e6b4b0d3255bfef95601890afd80709  a-1.jar");

        String message = assertThrows(AssemblyException.class, () -> Digest.checkBeside(jar))
                .getMessage();
        assertTrue(message.contains("a-1.jar is damaged: its SHA-1 is"), message);
    }

    @Test
    void missingJarOfOursIsNamed() throws Exception {
        ArtifactId id = ArtifactId.parse("io.backplane:io.backplane.x:1", "test");
        JarSource source = new JarSource(folder, folder, List.of(), folder,
                new Maven(folder, List.of(), true));

        assertEquals("full.json:7: the bundle io.backplane.x is not built (is it in"
                + " bundles/pom.xml?)", assertThrows(AssemblyException.class, () -> source.findAll(
                        List.of(new JarSource.Wanted(id, "full.json:7")))).getMessage());
    }

    private List<String> flatten(String name) throws AssemblyException {
        return read().flatten(List.of(name)).bundles().stream().map(e -> e.id().artifact())
                .toList();
    }

    private FeatureSet read() throws AssemblyException {
        return FeatureSet.read(folder, properties);
    }

    private void refused(String message, String body) throws IOException {
        write("core", body);
        assertEquals(message, assertThrows(AssemblyException.class, this::read).getMessage());
    }

    private void write(String name, String body) throws IOException {
        Files.writeString(folder.resolve(name + ".json"), ("{'feature-resource-version': '1.0',"
                + " 'id': 'g:" + name + ":1',\n" + body + "}").replace('\'', '"'));
    }
}
