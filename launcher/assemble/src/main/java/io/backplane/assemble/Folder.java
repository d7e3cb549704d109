package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes a distribution as a folder. A file whose content stays the same is not touched, so that
 * the JVM's AOT cache, which remembers times and sizes of jars, stays valid; a changed file is
 * replaced by renaming, so that a running daemon keeps its old one. What belongs to no
 * distribution is removed, but for the AOT caches and the data folder.
 */
final class Folder {
    private static final Set<String> KEPT = Set.of("aot", "data");

    private Folder() {
    }

    /** Refuses a folder that holds something else. */
    static void requireOurs(Path root) throws AssemblyException {
        if (!Files.exists(root) || Files.exists(root.resolve("etc/start.list"))
                || Files.exists(root.resolve("etc/product"))) {
            return;
        }
        try (Stream<Path> files = Files.list(root)) {
            if (files.findAny().isPresent()) {
                throw new AssemblyException(root + " is neither empty nor a distribution");
            }
        } catch (IOException e) {
            throw new AssemblyException("can't list " + root + ": " + e, e);
        }
    }

    /** Makes {@code root} hold {@code content}. */
    static void write(Content content, Path root) throws AssemblyException {
        requireOurs(root);
        Set<Path> written = new HashSet<>();
        for (Map.Entry<String, Content.Item> item : content.items().entrySet()) {
            Path target = root.resolve(item.getKey());
            written.add(target);
            try {
                put(item.getValue(), target);
            } catch (IOException e) {
                throw new AssemblyException("can't write " + target + ": " + e, e);
            }
        }
        removeOthers(root, written);
    }

    private static void put(Content.Item item, Path target) throws IOException {
        byte[] bytes = item.read();
        if (!Files.isRegularFile(target) || !Arrays.equals(Files.readAllBytes(target), bytes)) {
            Files.createDirectories(target.getParent());
            Path part = target.resolveSibling(target.getFileName() + ".part");
            Files.write(part, bytes);
            if (item.isExecutable()) {
                part.toFile().setExecutable(true, false);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static void removeOthers(Path root, Set<Path> written) throws AssemblyException {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes a) {
                    return KEPT.contains(root.relativize(folder).toString())
                            ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes a)
                        throws IOException {
                    if (!written.contains(file)) {
                        Files.delete(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new AssemblyException("can't tidy up " + root + ": " + e, e);
        }
    }
}
