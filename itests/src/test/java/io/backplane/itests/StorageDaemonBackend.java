package io.backplane.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** qemu-storage-daemon as a back-end. */
final class StorageDaemonBackend implements Backend {
    private final Path folder;
    private final Disk disk;
    private Process process;

    StorageDaemonBackend(Path folder, Disk disk) {
        this.folder = folder;
        this.disk = disk.withIothreads(1);
    }

    @Override
    public void start() throws IOException, InterruptedException {
        Files.deleteIfExists(socket());
        Files.deleteIfExists(qmp());
        List<String> command = new ArrayList<>(List.of("qemu-storage-daemon"));
        command.addAll(disk.arguments(socket(), qmp()));
        process = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("storage-daemon.log").toFile()).start();
        Backend.awaitSocket(socket(), process);
        Backend.awaitSocket(qmp(), process);
    }

    @Override
    public void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("qemu-storage-daemon does not end");
        }
    }

    @Override
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public boolean survivesKill() {
        return false;
    }

    @Override
    public boolean announcesResize() {
        return false;
    }

    @Override
    public boolean showsWritebackCache() {
        return false;
    }

    @Override
    public Path socket() {
        return folder.resolve("disk.sock");
    }

    @Override
    public Path qmp() {
        return folder.resolve("qmp.sock");
    }

    @Override
    public Disk disk() {
        return disk;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
