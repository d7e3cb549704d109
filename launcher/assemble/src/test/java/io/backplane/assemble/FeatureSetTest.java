package io.backplane.assemble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureSetTest {
    @TempDir
    private Path folder;
    private final Properties properties = new Properties();

    @BeforeEach
    void setVersion() {
        properties.setProperty("v", "1.2.3");
    }

    @Test
    void flattenedListIsSortedByStartLevelThenName() throws Exception {
        write("core", "'bundles': [{'id': 'g:z:1', 'bundleStartLevel': 5}, {'id': 'g:a:${v}'}]");
        write("all", "'bundles': [{'id': 'g:b:1', 'bundleStartLevel': 5}], 'extensions':"
                + " {'includes': {'artifacts': [{'id': 'g:core:1'}]}}");

        assertEquals(List.of("b", "z", "a"),
                read().flatten("all").stream().map(e -> e.id().artifact()).toList());
        assertEquals("1.2.3", read().flatten("core").getLast().id().version());
    }

    @Test
    void mistakesNameTheFile() throws Exception {
        refused("core.json: unknown key 'bundels'", "'bundels': []");
        refused("core.json: unknown key 'level' in an entry of 'bundles'",
                "'bundles': [{'id': 'g:a:1', 'level': 3}]");
        refused("core.json: 'g:a' is not of the form group:artifact:version",
                "'bundles': [{'id': 'g:a'}]");
        refused("core.json: bundleStartLevel 0 of g:a:1 is not in 1..99",
                "'bundles': [{'id': 'g:a:1', 'bundleStartLevel': 0}]");
        refused("core.json: nothing defines ${w}", "'bundles': [{'id': 'g:a:${w}'}]");
    }

    @Test
    void oneBundleInTwoVersionsIsRefused() throws Exception {
        write("core", "'bundles': [{'id': 'g:a:1'}, {'id': 'g:a:2'}]");

        assertTrue(assertThrows(AssemblyException.class, () -> read().flatten("core"))
                .getMessage().contains("g:a:2 is there twice"));
    }

    @Test
    void unknownFeatureIsNamed() throws Exception {
        write("core", "'bundles': []");

        assertEquals("there is no feature called 'nope'; known: core",
                assertThrows(AssemblyException.class, () -> read().flatten("nope")).getMessage());
    }

    @Test
    void missingJarOfOursIsNamed() throws Exception {
        ArtifactId id = ArtifactId.parse("io.backplane:io.backplane.x:1", "test");

        assertTrue(assertThrows(AssemblyException.class,
                () -> new JarSource(List.of(folder), folder).find(id, "full"))
                .getMessage().contains("needs the bundle io.backplane.x, which is not built"));
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
                + " 'id': 'g:" + name + ":1', " + body + "}").replace('\'', '"'));
    }
}
