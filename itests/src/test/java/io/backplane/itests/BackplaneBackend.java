package io.backplane.itests;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Our daemon as a back-end. */
final class BackplaneBackend implements Backend {
    private final Path folder;
    private final Disk disk;
    private Daemon daemon;

    BackplaneBackend(Path folder, Disk disk) {
        this.folder = folder;
        this.disk = disk;
    }

    @Override
    public void start() throws IOException, InterruptedException {
        if (daemon != null) {
            daemon.close();
        }
        List<String> arguments = new ArrayList<>(disk.arguments(socket(), qmp()));
        arguments.add("--no-shell");
        daemon = Daemon.start(arguments.toArray(String[]::new));
    }

    @Override
    public void stop() throws InterruptedException {
        int code = daemon.stop();
        if (code != 0) {
            throw new AssertionError("the daemon ended with " + code + ":\n" + daemon.err());
        }
    }

    @Override
    public void kill() throws InterruptedException {
        daemon.kill();
    }

    @Override
    public boolean survivesKill() {
        return true;
    }

    @Override
    public boolean announcesResize() {
        return true;
    }

    @Override
    public boolean showsWritebackCache() {
        return true;
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
        return daemon.pid();
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
    }
}
