package io.backplane.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A vhost-user-blk back-end as a process of its own that can be started, stopped, killed and
 * started again. Tests that run against two implementations prove that they test the interface,
 * not ours.
 */
interface Backend extends AutoCloseable {
    /** Starts the process and waits until the socket is there. */
    void start() throws IOException, InterruptedException;

    /** SIGTERM and wait; fails the test unless the process ends cleanly. */
    void stop() throws IOException, InterruptedException;

    /** SIGKILL. */
    void kill() throws IOException, InterruptedException;

    /** Whether a front-end can go on with a successor of a killed process. */
    boolean survivesKill();

    /** Whether the guest hears of a changed capacity. */
    boolean announcesResize();

    /** Whether the guest sees a write-back cache, so that its flushes arrive. */
    boolean showsWritebackCache();

    /** The vhost-user socket. */
    Path socket();

    /** The monitor's socket. */
    Path qmp();

    /** The disk it serves. */
    Disk disk();

    /** The process. */
    long pid();

    @Override
    void close();

    /** Waits for a socket that a process makes. */
    static void awaitSocket(Path socket, Process process) throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            if (Files.exists(socket)) {
                return;
            }
            if (!process.isAlive()) {
                throw new AssertionError("the back-end ended with " + process.exitValue());
            }
            Thread.sleep(10);
        }
        throw new AssertionError("no socket " + socket);
    }
}
