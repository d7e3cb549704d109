package io.backplane.assemble;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of a distribution before any is written, by their paths. */
final class Content {

    /**
     * A file: copied from {@code source}, or made of {@code bytes}.
     *
     * @param source null for bytes
     * @param bytes null for a copy
     */
    record Item(Path source, byte[] bytes, boolean isExecutable) {

        byte[] read() throws IOException {
            return source == null ? bytes : Files.readAllBytes(source);
        }

        String sha256() throws AssemblyException {
            return source == null
                    ? HexFormat.of().formatHex(Digest.of("SHA-256").digest(bytes))
                    : Digest.hex("SHA-256", source);
        }
    }

    private final NavigableMap<String, Item> items = new TreeMap<>();

    /** All files, sorted by path. */
    NavigableMap<String, Item> items() {
        return items;
    }

    boolean has(String name) {
        return items.containsKey(name);
    }

    /** The file {@code source} as {@code name}; the same file twice is one. */
    void copy(Path source, String name) throws AssemblyException {
        if (!Files.isRegularFile(source)) {
            throw new AssemblyException("there is no file " + source + "; build first");
        }
        put(name, new Item(source, null, Files.isExecutable(source)));
    }

    /** A file, or everything below a folder; what is linked is copied. */
    void copyAll(Path folder, String name) throws AssemblyException {
        if (!Files.isDirectory(folder)) {
            copy(folder, name);
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                copy(file, name + "/" + folder.relativize(file));
            }
        } catch (IOException e) {
            throw new AssemblyException("can't list " + folder + ": " + e, e);
        }
    }

    /** A text file. */
    void write(String text, String name) throws AssemblyException {
        put(name, new Item(null, text.getBytes(StandardCharsets.UTF_8), false));
    }

    private void put(String name, Item item) throws AssemblyException {
        Item other = items.putIfAbsent(name, item);
        if (other != null && !other.sha256().equals(item.sha256())) {
            throw new AssemblyException("two different files would be " + name + ": "
                    + other.source() + " and " + item.source());
        }
    }

    /** A hash over names, modes and contents, in hexadecimal. */
    String hash() throws AssemblyException {
        StringBuilder list = new StringBuilder();
        for (Map.Entry<String, Item> entry : items.entrySet()) {
            list.append(entry.getKey()).append(' ').append(entry.getValue().isExecutable())
                    .append(' ').append(entry.getValue().sha256()).append('\n');
        }
        return HexFormat.of().formatHex(
                Digest.of("SHA-256").digest(list.toString().getBytes(StandardCharsets.UTF_8)));
    }
}
