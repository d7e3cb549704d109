package io.backplane.assemble;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;

/**
 * The folder a distribution is written to. A file whose content stays the same is not touched, so
 * that the JVM's AOT cache, which remembers times and sizes of jars, stays valid; a changed file
 * is replaced by renaming, so that a running daemon keeps its old one.
 */
final class Layout {
    private final Path root;
    private final Set<Path> written = new HashSet<>();

    Layout(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    /** Copies {@code source} to the path {@code name} below the root. */
    void copy(Path source, String name) throws AssemblyException {
        try {
            put(Files.readAllBytes(source), name);
            if (Files.isExecutable(source)) {
                root.resolve(name).toFile().setExecutable(true, false);
            }
        } catch (IOException e) {
            throw new AssemblyException("can't copy " + source + ": " + e, e);
        }
    }

    /** Writes a text file. */
    void write(String text, String name) throws AssemblyException {
        put(text.getBytes(StandardCharsets.UTF_8), name);
    }

    private void put(byte[] content, String name) throws AssemblyException {
        Path target = root.resolve(name);
        written.add(target);
        try {
            if (Files.isRegularFile(target)
                    && java.util.Arrays.equals(Files.readAllBytes(target), content)) {
                return;
            }
            Files.createDirectories(target.getParent());
            Path part = target.resolveSibling(target.getFileName() + ".part");
            Files.write(part, content);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new AssemblyException("can't write " + target + ": " + e, e);
        }
    }

    /** Removes every file that was not written; the AOT caches are kept. */
    void removeOthers() throws AssemblyException {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes a) {
                    return folder.equals(root.resolve(Training.FOLDER))
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
