package io.backplane.itests;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A disk for a back-end to serve: an image, how it is opened and exported. The arguments are those
 * that our daemon and qemu-storage-daemon share.
 *
 * @param image the image file
 * @param format its driver, {@code raw} or {@code qcow2}
 * @param fileOptions more options of the file node, such as {@code ,cache.direct=on}
 * @param formatOptions more options of the format node
 * @param queues queues of the export
 * @param iothreads I/O threads the queues are spread over
 */
record Disk(Path image, String format, String fileOptions, String formatOptions, int queues,
        int iothreads) {

    /** Makes a new image with {@code qemu-img} and serves it plainly. */
    static Disk create(Path folder, String format, long bytes)
            throws IOException, InterruptedException {
        Path image = folder.resolve("disk." + format);
        Command made = Command.run("qemu-img", "create", "-q", "-f", format, image.toString(),
                Long.toString(bytes));
        if (made.exitCode() != 0) {
            throw new AssertionError(made.err());
        }
        return new Disk(image, format, "", ",discard=unmap", 4, 1);
    }

    /** The same with queues on so many I/O threads. */
    Disk withIothreads(int count) {
        return new Disk(image, format, fileOptions, formatOptions, queues, count);
    }

    /** The same with more options of the file node. */
    Disk withFileOptions(String options) {
        return new Disk(image, format, options, formatOptions, queues, iothreads);
    }

    /** Arguments of the daemon that serve it on {@code socket}, with a monitor on {@code qmp}. */
    List<String> arguments(Path socket, Path qmp) {
        List<String> arguments = new ArrayList<>();
        StringBuilder threads = new StringBuilder();
        for (int i = 0; i < iothreads; i++) {
            arguments.addAll(List.of("--object", "iothread,id=io" + i));
            threads.append(iothreads == 1 ? ",iothread=io0" : ",iothread." + i + "=io" + i);
        }
        arguments.addAll(List.of(
                "--blockdev", "driver=file,node-name=file,filename=" + image
                        + ",discard=unmap" + fileOptions,
                "--blockdev", "driver=" + format + ",node-name=disk,file=file" + formatOptions,
                "--export", "type=vhost-user-blk,id=export,node-name=disk,writable=on,num-queues="
                        + queues + ",addr.type=unix,addr.path=" + socket + threads,
                "--chardev", "socket,id=monitor,path=" + qmp + ",server=on,wait=off",
                "--monitor", "chardev=monitor"));
        return arguments;
    }
}
