package io.backplane.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The bundles of a distribution with their start levels, flattened from its features when it was
 * built. One line a bundle, {@code level path}, the path relative to the distribution; {@code #}
 * starts a comment.
 *
 * @param entries in order of start level, then name
 */
record StartList(List<Entry> entries) {

    /**
     * @param startLevel 1 or more
     * @param jar the bundle's file, absolute
     */
    record Entry(int startLevel, Path jar) {
    }

    /** Reads the list of the distribution in {@code home}. */
    static StartList read(Path home) throws LaunchException {
        Path file = home.resolve("etc/start.list");
        List<Entry> entries = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file)) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    entries.add(entry(home, line.strip()));
                }
            }
        } catch (IOException e) {
            throw new LaunchException("can't read " + file + ": " + e, e);
        }
        return new StartList(List.copyOf(entries));
    }

    private static Entry entry(Path home, String line) throws LaunchException {
        int space = line.indexOf(' ');
        try {
            return new Entry(Integer.parseInt(line.substring(0, Math.max(space, 0))),
                    home.resolve(line.substring(space + 1).strip()));
        } catch (NumberFormatException e) {
            throw new LaunchException("etc/start.list: no 'level path' in: " + line, e);
        }
    }
}
