package io.backplane.assemble;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Writes a distribution as a {@code .tar.gz} whose bytes depend on its content alone: entries
 * sorted by path, one time, owner 0, two modes, and a gzip header without name and time.
 */
final class Archive {
    /** 2026-01-01, as for the jars; the JVM's AOT cache remembers it, so it must not vary. */
    private static final long TIME_MS = 1_767_225_600_000L;
    private static final int EXECUTABLE = 0100755;
    private static final int PLAIN = 0100644;
    private static final int FOLDER = 040755;

    private Archive() {
    }

    /** Writes {@code target} at once or not at all; everything is below the folder {@code top}. */
    static void write(Content content, String top, Path target) throws AssemblyException {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(part));
                    TarArchiveOutputStream tar =
                            new TarArchiveOutputStream(new GZIPOutputStream(file, 1 << 16))) {
                tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
                putFolders(content, top, tar);
                for (Map.Entry<String, Content.Item> item : content.items().entrySet()) {
                    put(top + "/" + item.getKey(), item.getValue(), tar);
                }
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new AssemblyException("can't write " + target + ": " + e, e);
        }
    }

    private static void putFolders(Content content, String top, TarArchiveOutputStream tar)
            throws IOException {
        TreeSet<String> folders = new TreeSet<>();
        folders.add(top + "/");
        for (String name : content.items().keySet()) {
            for (int i = name.indexOf('/'); i >= 0; i = name.indexOf('/', i + 1)) {
                folders.add(top + "/" + name.substring(0, i + 1));
            }
        }
        for (String folder : folders) {
            putHeader(folder, 0, FOLDER, tar);
            tar.closeArchiveEntry();
        }
    }

    private static void put(String name, Content.Item item, TarArchiveOutputStream tar)
            throws IOException {
        byte[] bytes = item.read();
        putHeader(name, bytes.length, item.isExecutable() ? EXECUTABLE : PLAIN, tar);
        tar.write(bytes);
        tar.closeArchiveEntry();
    }

    private static void putHeader(String name, long bytes, int mode, TarArchiveOutputStream tar)
            throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(bytes);
        entry.setMode(mode);
        entry.setModTime(TIME_MS);
        entry.setIds(0, 0);
        entry.setNames("root", "root");
        tar.putArchiveEntry(entry);
    }
}
