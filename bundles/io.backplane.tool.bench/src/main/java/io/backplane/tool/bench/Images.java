package io.backplane.tool.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The image files of a run, made when first asked for and removed at the end. */
final class Images implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;
    /** So large that random writes of a pass rarely meet an allocated cluster. */
    private static final long SPARSE_BYTES = 16L << 30;

    private final Path folder;
    private final Path script;
    private final long fileBytes;
    private final List<Path> made = new ArrayList<>();
    private int freshCount;

    /**
     * @param script the distribution's start script, to make images with
     * @param fileBytes length of the filled images
     */
    Images(Path folder, Path script, long fileBytes) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.script = script;
        this.fileBytes = fileBytes;
    }

    /** A raw file full of data. */
    Path raw() throws IOException {
        Path file = folder.resolve("bench.raw");
        if (!made.contains(file)) {
            made.add(file);
            fill(file);
        }
        return file;
    }

    private void fill(Path file) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        SplittableRandom random = new SplittableRandom(1);
        while (chunk.hasRemaining()) {
            chunk.putLong(random.nextLong());
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (long at = 0; at < fileBytes; at += CHUNK_BYTES) {
                chunk.rewind();
                while (chunk.hasRemaining()) {
                    channel.write(chunk);
                }
            }
            channel.force(true);
        }
    }

    /** A qcow2 image with all its clusters allocated. */
    Path qcow2() throws IOException, InterruptedException {
        Path file = folder.resolve("bench.qcow2");
        if (!made.contains(file)) {
            create(file, fileBytes, "preallocation=full");
        }
        return file;
    }

    /** An empty qcow2 image of its own. */
    Path fresh() throws IOException, InterruptedException {
        Path file = folder.resolve("fresh-" + freshCount++ + ".qcow2");
        create(file, SPARSE_BYTES, "preallocation=off");
        return file;
    }

    private void create(Path file, long bytes, String options)
            throws IOException, InterruptedException {
        made.add(file);
        Files.deleteIfExists(file);
        List<String> create = List.of("create", "-q", "-f", "qcow2", "-o", options,
                file.toString(), Long.toString(bytes));
        if (!run("qemu-img", create) && !run(script.toString(), withImg(create))) {
            throw new IOException("can't create " + file);
        }
    }

    private static List<String> withImg(List<String> arguments) {
        List<String> all = new ArrayList<>(List.of("img"));
        all.addAll(arguments);
        return all;
    }

    private static boolean run(String program, List<String> arguments)
            throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(arguments);
        try {
            return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Removes one image before the end. */
    void remove(Path file) throws IOException {
        Files.deleteIfExists(file);
        made.remove(file);
    }

    @Override
    public void close() {
        try {
            for (Path file : made) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            System.err.println("backplane bench: can't remove " + folder + ": " + e.getMessage());
        }
    }
}
