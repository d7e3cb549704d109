package io.backplane.hostio.nio;

import io.backplane.hostio.Errno;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;

/**
 * {@code aio=nio}: host files by {@link FileChannel}. Every call runs on the caller's thread and
 * blocks it, nothing suspends: for tools whose life is shorter than linking a system call takes.
 */
public final class NioFileEngine implements HostFileEngine {

    /** An engine without state. */
    public NioFileEngine() {
    }

    @Override
    public String aio() {
        return NioPoller.MECHANISM;
    }

    @Override
    public String unavailableReason() {
        return null;
    }

    @Override
    public HostFile awaitOpen(String name, OpenFlags flags) throws HostIoException {
        if (flags.direct()) {
            throw new HostIoException(Errno.EINVAL, "open '" + name
                    + "': aio=nio cannot bypass the page cache");
        }
        Path path = Path.of(name);
        EnumSet<StandardOpenOption> options = EnumSet.of(StandardOpenOption.READ);
        if (flags.writable()) {
            options.add(StandardOpenOption.WRITE);
        }
        if (flags.create()) {
            options.add(StandardOpenOption.CREATE);
        }
        if (flags.truncate()) {
            options.add(StandardOpenOption.TRUNCATE_EXISTING);
        }
        try {
            return file(FileChannel.open(path, options), path, flags.writable());
        } catch (IOException e) {
            throw NioFile.failure(e, "open", path);
        }
    }

    @Override
    public boolean serves(HostFile file) {
        return file instanceof NioFile;
    }

    private static NioFile file(FileChannel channel, Path path, boolean writable)
            throws IOException {
        boolean good = false;
        try {
            NioFile file = new NioFile(channel, path, writable, kindOf(path), channel.size());
            good = true;
            return file;
        } finally {
            if (!good) {
                channel.close();
            }
        }
    }

    private static FileKind kindOf(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            return FileKind.REGULAR;
        }
        int mode = (Integer) Files.getAttribute(path, "unix:mode") & 0xf000;
        return mode == 0x6000 ? FileKind.BLOCK_DEVICE
                : mode == 0x2000 ? FileKind.CHARACTER_DEVICE : FileKind.OTHER;
    }
}
