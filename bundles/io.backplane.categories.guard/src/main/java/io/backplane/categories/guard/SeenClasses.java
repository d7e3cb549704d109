package io.backplane.categories.guard;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What was found for classes, by their content: an update that brings the same classes, while
 * requests wait for it, need not read them again. Any thread.
 *
 * @param <V> what was found
 */
final class SeenClasses<V> {
    private static final int COUNT_MAX = 64;

    private final Map<String, V> found = new LinkedHashMap<>(COUNT_MAX, 0.75f, true);

    /** What was found for these classes and still stands; null: nothing. */
    V find(List<byte[]> classes, Predicate<V> stands) {
        V before;
        String key = key(classes);
        synchronized (found) {
            before = found.get(key);
        }
        return before != null && stands.test(before) ? before : null;
    }

    /** Keeps it; what was not asked for longest goes, when there are many. */
    void add(List<byte[]> classes, V verdict) {
        String key = key(classes);
        synchronized (found) {
            found.put(key, verdict);
            if (found.size() > COUNT_MAX) {
                found.remove(found.keySet().iterator().next());
            }
        }
    }

    private static String key(List<byte[]> classes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            classes.forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
