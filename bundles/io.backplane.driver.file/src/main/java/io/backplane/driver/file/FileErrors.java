package io.backplane.driver.file;

import io.backplane.block.BlockException;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;

/** Turns what the host says into what the block layer says. */
final class FileErrors {
    private FileErrors() {
    }

    static BlockException of(HostIoException e) {
        return new BlockException(BlockException.Kind.ofErrno(e.errno()), e.getMessage(), e);
    }

    static BlockException of(String what, HostIoException e) {
        return new BlockException(BlockException.Kind.ofErrno(e.errno()),
                what + ": " + Errno.text(e.errno()), e);
    }

    /** Whether the host cannot do that at all, so that there is no point in asking again. */
    static boolean isUnsupported(HostIoException e) {
        return switch (e.errno()) {
            case Errno.EOPNOTSUPP, 38 /* ENOSYS */, 25 /* ENOTTY */, 19 /* ENODEV */ -> true;
            default -> false;
        };
    }
}
