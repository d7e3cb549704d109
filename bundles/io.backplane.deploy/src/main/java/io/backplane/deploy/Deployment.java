package io.backplane.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of the folder and what became of it.
 *
 * @param file     the file
 * @param stamp    its size and time when it was read
 * @param state    what became of it
 * @param name     symbolic name; null if that is unknown
 * @param version  the version in the file; null if that is unknown
 * @param sha256   of the file's content; null if that is unknown
 * @param bundleId the bundle that runs; null: none
 * @param running  the version that runs, which is another than the file's if that was refused
 * @param refusal  why it is refused or hangs; null if it runs
 */
record Deployment(Path file, Stamp stamp, State state, String name, String version,
        String sha256, Long bundleId, String running, Refusal refusal) {

    /** What became of a file. */
    enum State { DEPLOYING, ACTIVE, REFUSED, HUNG }

    /** Tells a file from the same file with other content. */
    record Stamp(long bytes, long modifiedMs) {
        static Stamp of(Path file) {
            try {
                return new Stamp(Files.size(file), Files.getLastModifiedTime(file).toMillis());
            } catch (IOException e) {
                return new Stamp(-1, -1);
            }
        }
    }

    String fileName() {
        return file.getFileName().toString();
    }

    /** Name and version, or the file's name, as messages say it. */
    String title() {
        return name == null ? fileName() : name + " " + version;
    }

    /** Where bundles of a file are installed from. */
    static String location(Path file) {
        return file.toUri().toString();
    }

    /** Writes a file in one step: beside it first, then renamed. */
    static void writeAtOnce(Path file, byte[] content) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.write(part, content);
            Files.move(part, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("can't write " + file + ": " + e.getMessage(), e);
        }
    }
}
