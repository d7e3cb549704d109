package io.backplane.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The folder a process works in, held by a lock on its file {@code lock}, which contains the
 * owner's process id. The kernel drops the lock with the process, however it ends.
 *
 * <p>A private folder is made for a process that needs none of its own, and removed with it;
 * one that a killed process left behind is removed by the next process that makes one.
 */
final class DataFolder implements AutoCloseable {
    private static final String LOCK_FILE = "lock";
    private static final String PRIVATE_PREFIX = "backplane-";

    // Immutable
    private final Path path;
    private final FileChannel lockChannel;
    private final boolean isPrivate;

    private DataFolder(Path path, FileChannel lockChannel, boolean isPrivate) {
        this.path = path;
        this.lockChannel = lockChannel;
        this.isPrivate = isPrivate;
    }

    /**
     * Opens a folder that stays, making it when it is missing.
     *
     * @throws LaunchException if another process holds it or it can't be used
     */
    static DataFolder open(Path path) throws LaunchException {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new LaunchException("can't make the data folder " + path + ": " + reason(e), e);
        }
        return lock(path, false);
    }

    /** Makes a folder that goes with this process. */
    static DataFolder makePrivate() throws LaunchException {
        Path parent = Path.of(System.getProperty("java.io.tmpdir"));
        try {
            removeAbandoned(parent);
            return lock(Files.createTempDirectory(parent, PRIVATE_PREFIX), true);
        } catch (IOException e) {
            throw new LaunchException("can't make a folder in " + parent + ": " + reason(e), e);
        }
    }

    private static DataFolder lock(Path path, boolean isPrivate) throws LaunchException {
        Path file = path.resolve(LOCK_FILE);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                String owner = Files.readString(file, StandardCharsets.UTF_8).strip();
                channel.close();
                throw new LaunchException("the data folder " + path + " is in use by process "
                        + (owner.isEmpty() ? "(unknown)" : owner)
                        + "; stop it, or choose another folder with --data");
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(
                    (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8)));
            return new DataFolder(path, channel, isPrivate);
        } catch (IOException e) {
            throw new LaunchException("can't lock the data folder " + path + ": " + reason(e), e);
        }
    }

    private static void removeAbandoned(Path parent) throws IOException {
        try (DirectoryStream<Path> folders =
                Files.newDirectoryStream(parent, PRIVATE_PREFIX + "*")) {
            for (Path folder : folders) {
                Path file = folder.resolve(LOCK_FILE);
                if (!Files.isWritable(file)) {
                    continue;
                }
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    // An empty file belongs to a process between making and locking it.
                    if (channel.size() > 0 && channel.tryLock() != null) {
                        deleteTree(folder);
                    }
                } catch (IOException | UncheckedIOException e) {
                    // Somebody else removes it at the same time.
                    continue;
                }
            }
        }
    }

    /** The folder, absolute. */
    Path path() {
        return path;
    }

    /** Whether the folder goes with the process. */
    boolean isPrivate() {
        return isPrivate;
    }

    /** Makes {@code name} an empty folder inside. */
    Path emptyFolder(String name) throws LaunchException {
        Path folder = path.resolve(name);
        try {
            if (Files.exists(folder)) {
                deleteTree(folder);
            }
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new LaunchException("can't make the folder " + folder + ": " + reason(e), e);
        }
    }

    @Override
    public void close() {
        try {
            if (isPrivate) {
                deleteTree(path);
            } else {
                lockChannel.truncate(0);
            }
            lockChannel.close();
        } catch (IOException e) {
            System.err.println("backplane: can't tidy up " + path + ": " + reason(e));
        }
    }

    private static void deleteTree(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                    throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException e)
                    throws IOException {
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.FileSystemException f && f.getReason() != null
                ? f.getReason() : e.toString();
    }
}
