package io.backplane.categories.guard;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.function.Function;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;

/**
 * The class files on a bundle's class path: its root, or what {@code Bundle-ClassPath} names,
 * folders and jars within it.
 *
 * @param entry     gives the address of an entry, null if there is none
 * @param list      gives the paths in a folder, null if there is none
 * @param classPath the header, or null
 */
record BundleClasses(Function<String, URL> entry, Function<String, Enumeration<String>> list,
        String classPath) {
    /** Far above the largest bundle; bounds what an entry can make us read. */
    private static final int CLASS_BYTES_MAX = 16 << 20;

    List<byte[]> all() throws IOException {
        List<byte[]> classes = new ArrayList<>();
        for (String clause : (classPath == null ? "." : classPath).split(",")) {
            String path = clause.split(";")[0].strip();
            if (path.endsWith(".jar")) {
                addJar(path, classes);
            } else {
                addFolder(path.equals(".") ? "/" : path, classes);
            }
        }
        return classes;
    }

    private void addFolder(String folder, List<byte[]> into) throws IOException {
        Enumeration<String> paths = list.apply(folder);
        while (paths != null && paths.hasMoreElements()) {
            String path = paths.nextElement();
            if (path.endsWith("/")) {
                if (!path.equals("META-INF/")) {
                    addFolder(path, into);
                }
            } else if (isClass(path)) {
                into.add(read(entry.apply(path)));
            }
        }
    }

    private void addJar(String path, List<byte[]> into) throws IOException {
        URL address = entry.apply(path);
        if (address == null) {
            return;
        }
        try (JarInputStream jar = new JarInputStream(address.openStream())) {
            for (JarEntry each; (each = jar.getNextJarEntry()) != null;) {
                if (isClass(each.getName()) && !each.getName().startsWith("META-INF/")) {
                    into.add(bounded(jar));
                }
            }
        }
    }

    private static boolean isClass(String path) {
        return path.endsWith(".class") && !path.endsWith("module-info.class")
                && !path.endsWith("package-info.class");
    }

    /** The bytes at an address; null for null. */
    static byte[] read(URL address) throws IOException {
        if (address == null) {
            return null;
        }
        try (InputStream in = address.openStream()) {
            return bounded(in);
        }
    }

    private static byte[] bounded(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(CLASS_BYTES_MAX + 1);
        if (bytes.length > CLASS_BYTES_MAX) {
            throw new IOException("a class file has more than " + CLASS_BYTES_MAX + " bytes");
        }
        return bytes;
    }
}
