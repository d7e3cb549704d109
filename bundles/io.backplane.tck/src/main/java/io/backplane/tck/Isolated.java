package io.backplane.tck;

import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.security.CodeSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A bundle's classes once more, in a class loader of their own that should go when they do. */
final class Isolated extends URLClassLoader {
    private static final int COLLECTIONS = 40;

    /** What to do with the other instance of the test class, seen as its base class. */
    interface Use<T> {
        void with(T other) throws Exception;
    }

    private Isolated(Set<URL> urls, ClassLoader parent) {
        super("bundle under test", urls.toArray(URL[]::new), parent);
    }

    /** Runs {@code use} with classes of its own; the result goes when nobody holds on to them. */
    @SuppressWarnings("unchecked") // T's class comes from the parent loader
    static <T> WeakReference<ClassLoader> use(T test, List<Class<?>> bundleClasses, Use<T> use)
            throws Exception {
        Set<URL> urls = new LinkedHashSet<>();
        add(urls, test.getClass());
        for (Class<?> type : bundleClasses) {
            add(urls, type);
        }
        try (Isolated loader = new Isolated(urls, test.getClass().getClassLoader())) {
            Constructor<?> constructor =
                    loader.loadClass(test.getClass().getName()).getDeclaredConstructor();
            constructor.setAccessible(true);
            use.with((T) constructor.newInstance());
            return new WeakReference<>(loader);
        }
    }

    private static void add(Set<URL> urls, Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source != null && source.getLocation() != null) {
            urls.add(source.getLocation());
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null && !name.startsWith("java.")) {
                try {
                    loaded = findClass(name);
                } catch (ClassNotFoundException e) {
                    loaded = null; // not of the bundle
                }
            }
            return loaded != null ? loaded : super.loadClass(name, resolve);
        }
    }

    /** Collects garbage until the loader is gone; what is still there after many times is kept. */
    static ClassLoader awaitCollected(WeakReference<ClassLoader> loader)
            throws InterruptedException {
        for (int i = 0; i < COLLECTIONS && loader.get() != null; i++) {
            System.gc();
            Thread.sleep(5);
        }
        return loader.get();
    }
}
