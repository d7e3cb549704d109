package io.backplane.deploy;

import io.backplane.deploy.LiveBundle.State;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Jars that are only a manifest. */
final class TestJar {
    private TestJar() {
    }

    /** @param headers name and value in turn */
    static Path write(Path file, String name, String version, String... headers)
            throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name);
        main.putValue("Bundle-Version", version);
        for (int i = 0; i < headers.length; i += 2) {
            main.putValue(headers[i], headers[i + 1]);
        }
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            jar.finish();
        }
        return file;
    }

    /** The bundle that a framework makes of a jar. */
    static LiveBundle live(long id, String location, byte[] content, State state) {
        try {
            Path file = Files.createTempFile("deploy-", ".jar");
            try {
                JarFacts jar = JarFacts.read(Files.write(file, content));
                return new LiveBundle(id, jar.name(), jar.version(), location, state,
                        jar.singleton(), jar.capabilities(), jar.requirements(), List.of());
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Refusal e) {
            throw new IllegalStateException(e);
        }
    }
}
