package io.backplane.driver.file;

import io.backplane.block.BlockException;
import io.backplane.block.Preallocation;
import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.memory.BufferPool;

/** Changes of a host file's length. */
record FileResize(HostFile file, BufferPool buffers) {
    private static final int PIECE_BYTES = 1 << 20;

    /**
     * @param before length now
     * @param exact whether a device must be just as long
     */
    void awaitResize(long before, long length, boolean exact, Preallocation preallocation)
            throws BlockException {
        if (file.kind() != FileKind.REGULAR) {
            checkDevice(before, length, exact);
            return;
        }
        if (preallocation != Preallocation.OFF && length < before) {
            throw new BlockException(BlockException.Kind.UNSUPPORTED,
                    "Preallocation can't be used for shrinking files");
        }
        if (preallocation == Preallocation.METADATA) {
            throw new BlockException(BlockException.Kind.UNSUPPORTED,
                    "Unsupported preallocation mode 'metadata'");
        }
        try {
            file.truncate(length);
            switch (preallocation) {
                case OFF, METADATA -> { }
                case FALLOC -> awaitReserve(before, length - before);
                case FULL -> awaitWrite(before, length);
            }
        } catch (HostIoException e) {
            awaitUndo(before, length);
            throw FileErrors.of("Failed to resize '" + file.path() + "' to " + length, e);
        }
    }

    private static void checkDevice(long before, long length, boolean exact)
            throws BlockException {
        if (length != before && exact) {
            throw new BlockException(BlockException.Kind.UNSUPPORTED,
                    "Cannot resize device files");
        }
        if (length > before) {
            throw new BlockException(BlockException.Kind.INVALID, "Cannot grow device files");
        }
    }

    private void awaitReserve(long offset, long bytes) throws HostIoException {
        if (bytes > 0) {
            file.allocate(AllocateMode.RESERVE, offset, bytes);
        }
    }

    private void awaitWrite(long from, long to) throws HostIoException {
        int align = file.alignment();
        try (BufferPool.Buffer zeroes = buffers.take(PIECE_BYTES)) {
            zeroes.segment().fill((byte) 0);
            for (long at = from & -align; at < to;) {
                long n = Math.min(PIECE_BYTES, to - at + align - 1 & -align);
                at += file.pwritev(zeroes.vector(), 0, n, at, false);
            }
        }
        file.truncate(to);
        file.flush();
    }

    private void awaitUndo(long before, long length) {
        if (length > before) {
            try {
                file.truncate(before);
            } catch (HostIoException e) {
                org.slf4j.LoggerFactory.getLogger(FileResize.class).warn(
                        "'{}' could not be cut back to {} bytes: {}", file.path(), before,
                        e.getMessage());
            }
        }
    }
}
