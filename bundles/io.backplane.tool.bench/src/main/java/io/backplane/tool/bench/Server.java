package io.backplane.tool.bench;

import io.backplane.sys.SysThread;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A server under measurement: our daemon or qemu-storage-daemon, with the same arguments. It never
 * outlives this process: it is killed by {@link #close}, by the shutdown hook and, where
 * {@code setpriv} exists, by the kernel when the thread that started it ends.
 */
final class Server implements AutoCloseable {
    private static final long START_NS = 60_000_000_000L;

    private final Process process;
    private final Path folder;
    private final int exportCount;
    private final Thread hook;

    private Server(Process process, Path folder, int exportCount) {
        this.process = process;
        this.folder = folder;
        this.exportCount = exportCount;
        this.hook = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Starts a server.
     *
     * @param program the words before the options, such as {@code qemu-storage-daemon}
     * @param folder for its sockets and its log
     * @param nodes for each export, its block nodes; the last one is named {@code disk<n>}
     */
    static Server start(List<String> program, Path folder, List<List<String>> nodes, int queues)
            throws IOException, InterruptedException {
        Files.createDirectories(folder);
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/setpriv"))) {
            command.addAll(List.of("/usr/bin/setpriv", "--pdeathsig", "KILL"));
        }
        command.addAll(program);
        command.addAll(List.of("--object", "iothread,id=io0"));
        for (int i = 0; i < nodes.size(); i++) {
            Files.deleteIfExists(folder.resolve(i + ".sock"));
            command.addAll(nodes.get(i));
            command.addAll(List.of("--export", "type=vhost-user-blk,id=e" + i + ",node-name=disk"
                    + i + ",writable=on,num-queues=" + queues + ",iothread=io0,addr.type=unix,"
                    + "addr.path=" + folder.resolve(i + ".sock")));
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
        Map<String, String> environment = builder.environment();
        environment.putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
        Server server = new Server(builder.start(), folder, nodes.size());
        server.awaitSocket();
        return server;
    }

    private void awaitSocket() throws IOException, InterruptedException {
        long end = System.nanoTime() + START_NS;
        while (!Files.exists(socket(exportCount - 1))) {
            if (process.waitFor(20, TimeUnit.MILLISECONDS) || System.nanoTime() - end > 0) {
                String log = Files.readString(folder.resolve("log"));
                close();
                throw new IOException("the server did not start:\n" + log);
            }
        }
    }

    /** Socket of export {@code index}. */
    Path socket(int index) {
        return folder.resolve(index + ".sock");
    }

    /** The process. */
    long pid() {
        return process.pid();
    }

    /** Pins all its threads to a CPU. */
    void pin(int cpu) throws IOException {
        try (DirectoryStream<Path> tasks =
                Files.newDirectoryStream(Path.of("/proc/" + pid() + "/task"))) {
            for (Path task : tasks) {
                SysThread.pin(Integer.parseInt(task.getFileName().toString()), cpu);
            }
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(3, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
