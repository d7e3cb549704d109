package io.backplane.tool.explore;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Loads our classes once more, woven: one loader for each variant of a scenario. The rest comes
 * from the parent.
 */
final class WovenLoader extends ClassLoader {
    private static final String OURS = "io.backplane.";
    private static final String NATIVE = "io.backplane.sys.";

    private final Weaver weaver;

    WovenLoader(List<Patch> patches) {
        super(WovenLoader.class.getClassLoader());
        setDefaultAssertionStatus(true);
        weaver = new Weaver(this::bytes, patches, true);
    }

    /** Loads all that is patched, so that a patch without effect is told at once. */
    WovenLoader check() throws ClassNotFoundException {
        for (Patch patch : weaver.patches()) {
            loadClass(patch.type());
        }
        return this;
    }

    private byte[] bytes(String name) {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS) || name.startsWith(NATIVE)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null) {
                byte[] bytes = bytes(name);
                if (bytes == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] woven = weaver.weave(name, bytes);
                loaded = defineClass(name, woven, 0, woven.length);
            }
            return loaded;
        }
    }
}
