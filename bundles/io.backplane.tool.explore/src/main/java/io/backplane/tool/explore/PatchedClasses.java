package io.backplane.tool.explore;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Shipped classes with a planted bug and nothing else changed, for tests that run them in a JVM of
 * their own: put in front of its class path, they hide the right ones.
 */
public final class PatchedClasses {
    private PatchedClasses() {
    }

    /**
     * The class files that the patches change, by binary name.
     *
     * @throws IllegalStateException if a patch finds nothing to change
     */
    public static Map<String, byte[]> of(List<Patch> patches) {
        Weaver weaver = new Weaver(PatchedClasses::bytes, patches, false);
        Map<String, byte[]> patched = new TreeMap<>();
        for (Patch patch : patches) {
            patched.computeIfAbsent(patch.type(), type -> weaver.weave(type, bytes(type)));
        }
        return patched;
    }

    private static byte[] bytes(String name) {
        try (InputStream in = PatchedClasses.class.getClassLoader()
                .getResourceAsStream(name.replace('.', '/') + ".class")) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
