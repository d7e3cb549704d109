package io.backplane.itests;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The root file system of the test guest, made from what the host has installed: a static busybox,
 * the kernel modules for virtio-blk, virtio-rng and ext4, mkfs.ext4 and e2fsck and, if asked for, fio, with
 * their shared libraries. Its {@code /init} takes scripts over the second serial line.
 *
 * <p>The format is cpio "newc": for each file a header of "070701" and 13 numbers in 8 hexadecimal
 * digits (ino, mode, uid, gid, nlink, mtime, size, device major and minor, rdev major and minor,
 * name length, 0), the name with its NUL, and the contents, each padded to four bytes.
 */
final class Initramfs implements AutoCloseable {
    private static final String INIT = """
            #!/bin/sh
            export PATH=/bin:/sbin LD_LIBRARY_PATH=/lib
            mount -t proc proc /proc
            mount -t sysfs sys /sys
            mount -t devtmpfs dev /dev
            mkdir -p /dev/shm /tmp /mnt
            mount -t tmpfs tmp /tmp
            for module in $(cat /modules.list); do insmod /modules/$module; done
            exec </dev/ttyS1 >/dev/ttyS1 2>&1
            stty raw -echo
            echo @@READY@@
            while read -r line; do
                echo "$line" | base64 -d >/tmp/script
                sh -e /tmp/script
                echo "@@EXIT $?@@"
            done
            poweroff -f
            """;
    private static final List<String> MODULES = List.of("virtio_pci", "virtio_blk",
            "virtio-rng", "crc32c_generic", "ext4");
    private static final List<String> TOOLS = List.of("/sbin/mkfs.ext4", "/sbin/e2fsck",
            "/sbin/resize2fs");

    private final OutputStream out;
    private final Set<String> folders = new LinkedHashSet<>();
    private final Set<String> files = new TreeSet<>();
    private int inode = 1;
    private long written;

    private Initramfs(Path file) throws IOException {
        out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20);
    }

    /** The installed kernel that guests boot, the newest of Debian's cloud kernels. */
    static Path kernel() throws IOException {
        TreeSet<Path> kernels = new TreeSet<>();
        try (DirectoryStream<Path> boot =
                Files.newDirectoryStream(Path.of("/boot"), "vmlinuz-*cloud-*")) {
            boot.forEach(kernels::add);
        }
        if (kernels.isEmpty()) {
            throw new AssertionError("no /boot/vmlinuz-*cloud-*: install linux-image-cloud-amd64");
        }
        return kernels.getLast();
    }

    /** Writes the archive to {@code file}. */
    static void write(Path file, boolean withFio) throws IOException, InterruptedException {
        try (Initramfs archive = new Initramfs(file)) {
            archive.special("dev/console", 020600, 5, 1);
            archive.file("bin/busybox", Files.readAllBytes(Path.of("/bin/busybox")), 0755);
            for (String applet : Command.run("busybox", "--list").out().split("\n")) {
                if (!applet.equals("busybox")) {
                    archive.link("bin/" + applet, "busybox");
                }
            }
            archive.file("init", INIT.getBytes(StandardCharsets.UTF_8), 0755);
            archive.modules();
            for (String tool : TOOLS) {
                archive.program(tool);
            }
            if (withFio) {
                archive.program("/usr/bin/fio");
            }
            archive.header("TRAILER!!!", 0, 0, 0, 0);
        }
    }

    private void modules() throws IOException {
        String version = kernel().getFileName().toString().substring("vmlinuz-".length());
        Path root = Path.of("/lib/modules", version);
        Map<String, List<String>> needs = new HashMap<>();
        Map<String, String> paths = new HashMap<>();
        for (String line : Files.readAllLines(root.resolve("modules.dep"))) {
            String[] parts = line.split(": *", 2);
            needs.put(parts[0], parts[1].isEmpty() ? List.of() : List.of(parts[1].split(" ")));
            String name = parts[0].substring(parts[0].lastIndexOf('/') + 1);
            paths.put(name.substring(0, name.indexOf('.')), parts[0]);
        }
        Set<String> order = new LinkedHashSet<>();
        for (String module : MODULES) {
            if (paths.containsKey(module)) { // else it is built in
                inOrder(paths.get(module), needs, order);
            }
        }
        List<String> names = new ArrayList<>();
        for (String path : order) {
            String name = path.substring(path.lastIndexOf('/') + 1);
            file("modules/" + name, Files.readAllBytes(root.resolve(path)), 0644);
            names.add(name);
        }
        file("modules.list", String.join("\n", names).getBytes(StandardCharsets.UTF_8), 0644);
    }

    private static void inOrder(String path, Map<String, List<String>> needs, Set<String> order) {
        for (String need : needs.get(path)) {
            if (!order.contains(need)) {
                inOrder(need, needs, order);
            }
        }
        order.add(path);
    }

    /** Adds a program with the libraries it is linked to. */
    private void program(String path) throws IOException, InterruptedException {
        String name = path.substring(path.lastIndexOf('/') + 1);
        file("bin/" + name, Files.readAllBytes(Path.of(path)), 0755);
        for (String line : Command.run("ldd", path).out().split("\n")) {
            int slash = line.indexOf('/');
            if (slash < 0) {
                continue;
            }
            Path library = Path.of(line.substring(slash, line.lastIndexOf(" (")));
            String target = library.getFileName().toString().startsWith("ld-linux")
                    ? "lib64/" + library.getFileName() : "lib/" + library.getFileName();
            if (!files.contains(target)) {
                file(target, Files.readAllBytes(library.toRealPath()), 0755);
            }
        }
    }

    private void file(String name, byte[] bytes, int mode) throws IOException {
        parents(name);
        files.add(name);
        header(name, 0100000 | mode, bytes.length, 0, 0);
        out.write(bytes);
        written += bytes.length;
        pad();
    }

    private void link(String name, String target) throws IOException {
        parents(name);
        byte[] bytes = target.getBytes(StandardCharsets.UTF_8);
        header(name, 0120777, bytes.length, 0, 0);
        out.write(bytes);
        written += bytes.length;
        pad();
    }

    private void special(String name, int mode, int major, int minor) throws IOException {
        parents(name);
        header(name, mode, 0, major, minor);
    }

    private void parents(String name) throws IOException {
        for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
            String folder = name.substring(0, slash);
            if (folders.add(folder)) {
                header(folder, 040755, 0, 0, 0);
            }
        }
        if (folders.add("proc")) {
            header("proc", 040755, 0, 0, 0);
            header("sys", 040755, 0, 0, 0);
        }
    }

    private void header(String name, int mode, int bytes, int major, int minor)
            throws IOException {
        byte[] header = String.format("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
                inode++, mode, 0, 0, 1, 0, bytes, 0, 0, major, minor, name.length() + 1, 0)
                .getBytes(StandardCharsets.US_ASCII);
        out.write(header);
        out.write(name.getBytes(StandardCharsets.US_ASCII));
        out.write(0);
        written += header.length + name.length() + 1;
        pad();
    }

    private void pad() throws IOException {
        while (written % 4 != 0) {
            out.write(0);
            written++;
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
