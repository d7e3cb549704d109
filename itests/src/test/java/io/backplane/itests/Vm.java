package io.backplane.itests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A virtual machine that QEMU emulates without KVM, with a stock Debian kernel, whose disk
 * {@code /dev/vda} is behind a vhost-user socket. Scripts run one after the other as root.
 */
final class Vm implements AutoCloseable {
    private static final Path[] ARCHIVES = new Path[2];
    private static final long BOOT_SECONDS = 120;
    private static final String READY = "@@READY@@";
    private static final String EXIT = "@@EXIT ";

    private final Process qemu;
    private final OutputStream input;
    private final Path console;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    /**
     * What a script gave.
     *
     * @param exitCode its exit code
     * @param out what it printed on either stream
     */
    record Result(int exitCode, String out) {
    }

    private Vm(Process qemu, Path console) {
        this.qemu = qemu;
        this.input = qemu.getOutputStream();
        this.console = console;
        Thread.ofPlatform().daemon().start(this::readLines);
    }

    /**
     * Boots.
     *
     * @param folder for the console log
     * @param socket of the back-end
     * @param queues of the disk, and CPUs of the machine
     * @param withFio whether scripts use fio, which makes the boot slower
     */
    static Vm boot(Path folder, Path socket, int queues, boolean withFio)
            throws IOException, InterruptedException {
        return boot(folder, queues, withFio, "-chardev",
                "socket,id=disk,reconnect=1,path=" + socket, "-device",
                "vhost-user-blk-pci,chardev=disk,num-queues=" + queues);
    }

    /** Boots with the given devices in place of the disk. */
    static Vm boot(Path folder, int cpus, boolean withFio, String... devices)
            throws IOException, InterruptedException {
        Path console = Files.createTempFile(folder, "console-", ".log");
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64",
                "-machine", "q35,accel=tcg,memory-backend=memory", "-cpu", "max",
                "-smp", Integer.toString(cpus), "-m", "640",
                "-object", "memory-backend-memfd,id=memory,size=640M,share=on",
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-kernel", Initramfs.kernel().toString(),
                "-initrd", archive(withFio).toString(),
                "-append", "console=ttyS0 panic=-1 quiet loglevel=4 mitigations=off"
                        + " tsc=unstable random.trust_cpu=on",
                "-serial", "file:" + console, "-serial", "stdio"));
        command.addAll(List.of(devices));
        Process qemu = new ProcessBuilder(command)
                .redirectError(folder.resolve("qemu.log").toFile()).start();
        Vm vm = new Vm(qemu, console);
        try {
            vm.awaitLine(READY, BOOT_SECONDS);
            return vm;
        } catch (Throwable e) {
            vm.close();
            throw e;
        }
    }

    private static synchronized Path archive(boolean withFio)
            throws IOException, InterruptedException {
        int index = withFio ? 1 : 0;
        if (ARCHIVES[index] == null) {
            Path file = Files.createTempFile("bp-initramfs-", ".cpio");
            file.toFile().deleteOnExit();
            Initramfs.write(file, withFio);
            ARCHIVES[index] = file;
        }
        return ARCHIVES[index];
    }

    private void readLines() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                qemu.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line.stripTrailing());
            }
        } catch (IOException e) {
            lines.add(e.toString());
        }
    }

    private String awaitLine(String start, long seconds) throws IOException, InterruptedException {
        StringBuilder before = new StringBuilder();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (true) {
            String line = lines.poll(100, TimeUnit.MILLISECONDS);
            if (line == null) {
                if (!qemu.isAlive() || System.nanoTime() - end > 0) {
                    throw new AssertionError((qemu.isAlive() ? "the guest is silent"
                            : "QEMU ended with " + qemu.exitValue()) + " after:\n" + before
                            + "\n--- console:\n" + console());
                }
                continue;
            }
            if (line.startsWith(start)) {
                lines.addAll(List.of());
                return before.append(line).toString();
            }
            before.append(line).append('\n');
        }
    }

    /** Starts a script without waiting for its end; {@link #await} does. */
    void start(String script) throws IOException {
        input.write(Base64.getEncoder().encode(script.getBytes(StandardCharsets.UTF_8)));
        input.write('\n');
        input.flush();
    }

    /** Waits for the end of the script that was started. */
    Result await(long seconds) throws IOException, InterruptedException {
        String text = awaitLine(EXIT, seconds);
        int marker = text.lastIndexOf(EXIT);
        return new Result(Integer.parseInt(text.substring(marker + EXIT.length(),
                text.lastIndexOf("@@"))), text.substring(0, marker));
    }

    /** Runs a script ({@code sh -e}) to its end; its output. Fails the test if it fails. */
    String run(String script) throws IOException, InterruptedException {
        return run(script, 300);
    }

    /** The same with its own limit of time. */
    String run(String script, long seconds) throws IOException, InterruptedException {
        start(script);
        Result result = await(seconds);
        if (result.exitCode() != 0) {
            throw new AssertionError("the script\n" + script + "\nfailed with "
                    + result.exitCode() + ":\n" + result.out() + "\n--- console:\n" + console());
        }
        return result.out();
    }

    /** Fails the test if the kernel has seen an I/O error. */
    void assertNoErrors() throws IOException, InterruptedException {
        String log = run("dmesg");
        for (String line : log.split("\n")) {
            if (line.matches(".*(I/O error|Buffer I/O|EXT4-fs error|blk_update_request|"
                    + "hung_task|blocked for more than).*")) {
                throw new AssertionError("the guest's kernel says: " + line);
            }
        }
    }

    /** The sockets that QEMU has open; a connection that was made anew has another number. */
    List<String> sockets() throws IOException {
        List<String> sockets = new ArrayList<>();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(
                Path.of("/proc", Long.toString(qemu.pid()), "fd"))) {
            for (Path each : open) {
                String target = Files.readSymbolicLink(each).toString();
                if (target.startsWith("socket:")) {
                    sockets.add(target);
                }
            }
        }
        sockets.sort(null);
        return sockets;
    }

    /** What the kernel printed. */
    String console() throws IOException {
        return Files.readString(console, StandardCharsets.ISO_8859_1);
    }

    /** Powers off in an orderly way. */
    void powerOff() throws IOException, InterruptedException {
        start("sync; poweroff -f");
        if (!qemu.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the guest does not power off:\n" + console());
        }
    }

    @Override
    public void close() {
        qemu.destroyForcibly();
        try {
            qemu.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
