package io.backplane.control;

import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.qmp.StartupHandler;
import io.backplane.schema.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is served when nobody says what: one disk in the data folder, as virtio-blk over
 * vhost-user, and QMP. The disk is qcow2, or raw in a distribution without qcow2. Everything is
 * done by commands, as a user would do it.
 */
final class EmbeddedDefault {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDefault.class);
    private static final QmpSession SESSION = QmpSession.operator("embedded default");
    private static final long DISK_BYTES = 10L << 30;
    private static final String JOB = "create-disk";

    private final QmpCommands commands;
    private final Jobs jobs;
    private final Function<String, StartupHandler> handlers;
    private final Predicate<String> hasDriver;

    EmbeddedDefault(QmpCommands commands, Jobs jobs,
            Function<String, StartupHandler> handlers, Predicate<String> hasDriver) {
        this.commands = commands;
        this.jobs = jobs;
        this.handlers = handlers;
        this.hasDriver = hasDriver;
    }

    /** Sets it up; returns what to tell the user. */
    @Suspends
    String awaitSetUp(Path folder) throws QmpException, BlockException {
        if (!hasDriver.test("file")) {
            throw QmpException.generic("this distribution has no driver 'file' for a disk of its"
                    + " own; give options that say what to serve");
        }
        String format = hasDriver.test("qcow2") ? "qcow2" : "raw";
        Path disk = folder.resolve("disk." + format);
        Path diskSocket = folder.resolve("disk.sock");
        Path qmpSocket = folder.resolve("qmp.sock");
        if (!Files.exists(disk)) {
            awaitCreateDisk(disk, format);
        }
        awaitCommand("object-add", Map.of("qom-type", "iothread", "id", "iothread0"));
        awaitCommand("blockdev-add", Map.of("driver", format, "node-name", "disk",
                "discard", "unmap", "file", Map.of("driver", "file", "node-name", "disk-file",
                        "filename", disk.toString(), "discard", "unmap")));
        awaitCommand("block-export-add", Map.of("type", "vhost-user-blk", "id", "disk",
                "node-name", "disk", "writable", true, "iothread", "iothread0",
                "addr", Map.of("type", "unix", "path", diskSocket.toString())));
        restrict(diskSocket);
        awaitHandler("chardev", Map.of("backend", "socket", "id", "qmp", "path",
                qmpSocket.toString(), "server", true, "wait", false));
        awaitHandler("monitor", Map.of("chardev", "qmp"));
        return summary(disk, format, diskSocket, qmpSocket);
    }

    private static void restrict(Path socket) {
        try {
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            LOG.warn("permissions of {} stay as they are: {}", socket, e.toString());
        }
    }

    /** Creates the image under another name first, so that a half-made one is never served. */
    @Suspends
    private void awaitCreateDisk(Path disk, String format) throws QmpException {
        Path part = disk.resolveSibling(disk.getFileName() + ".part");
        try {
            Files.deleteIfExists(part);
            boolean isRaw = format.equals("raw");
            awaitJob(Map.of("driver", "file", "filename", part.toString(), "size",
                    isRaw ? DISK_BYTES : 0L));
            if (!isRaw) {
                awaitFormat(part, format);
            }
            Files.move(part, disk, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw QmpException.generic("cannot create " + disk + ": " + e);
        }
    }

    @Suspends
    private void awaitFormat(Path part, String format) throws QmpException {
        awaitCommand("blockdev-add", Map.of("driver", "file", "node-name", JOB,
                "filename", part.toString()));
        try {
            awaitJob(Map.of("driver", format, "file", JOB, "size", DISK_BYTES));
        } finally {
            awaitCommand("blockdev-del", Map.of("node-name", JOB));
        }
    }

    @Suspends
    private void awaitJob(Map<String, ?> options) throws QmpException {
        awaitCommand("blockdev-create", Map.of("job-id", JOB, "options", options));
        String error;
        try {
            error = jobs.awaitDismissed(jobs.require(JOB));
        } catch (BlockException e) {
            error = e.getMessage();
        }
        if (error != null) {
            throw QmpException.generic(error);
        }
    }

    @Suspends
    private void awaitCommand(String name, Map<String, ?> arguments) throws QmpException {
        commands.awaitExecute(name, arguments, SESSION);
    }

    @Suspends
    private void awaitHandler(String option, Map<String, ?> value)
            throws QmpException, BlockException {
        StartupHandler handler = handlers.apply(option);
        if (handler == null) {
            throw QmpException.generic("this distribution has no --" + option);
        }
        handler.awaitExecute(Json.write(value));
    }

    private static String summary(Path disk, String format, Path diskSocket,
            Path qmpSocket) {
        return String.join("\n", List.of(
                "Serving " + disk + " (" + format + ", " + (DISK_BYTES >> 30)
                        + " GiB) as virtio-blk.",
                "",
                "Attach a VM (add your kernel or installation medium):",
                "  qemu-system-x86_64 -m 1G -smp 2 -accel kvm -accel tcg \\",
                "    -object memory-backend-memfd,id=mem,size=1G,share=on \\",
                "    -numa node,memdev=mem \\",
                "    -chardev socket,id=disk,path=" + comma(diskSocket) + ",reconnect=1 \\",
                "    -device vhost-user-blk-pci,chardev=disk,num-queues=1",
                guest(diskSocket),
                "Talk QMP (then type {\"execute\": \"qmp_capabilities\"}):",
                "  socat - UNIX-CONNECT:" + qmpSocket));
    }

    /** Named as the user calls it, and only if this distribution has the tool. */
    private static String guest(Path diskSocket) {
        String home = System.getProperty("backplane.home");
        return home == null || !Files.exists(Path.of(home, "etc/guest.classpath")) ? ""
                : "\nLook at the disk without a VM:\n  "
                        + System.getProperty("backplane.script", "./backplane")
                        + " guest --socket " + diskSocket + " info\n";
    }

    private static String comma(Path path) {
        return path.toString().replace(",", ",,");
    }
}
