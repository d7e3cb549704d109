package io.backplane.block.spi;

import io.backplane.aio.AnyThread;
import io.backplane.block.BlockPermission;
import io.backplane.block.Permissions;

/** The usual answers to {@link DriverNode#childPermissions}. Any thread. */
@AnyThread
public final class ChildPermissions {
    private static final int READ = BlockPermission.CONSISTENT_READ.bit();
    private static final int WRITE = BlockPermission.WRITE.bit();
    private static final int UNCHANGED = BlockPermission.WRITE_UNCHANGED.bit();
    private static final int RESIZE = BlockPermission.RESIZE.bit();

    private ChildPermissions() {
    }

    /** A filter's child: what the parents want, they want of the child. */
    public static Permissions filter(Permissions parents) {
        return parents;
    }

    /**
     * A format's image file: metadata may be written whatever the parents do, and nobody else may
     * write or resize.
     *
     * @param writable whether the format may write to the image at all
     */
    public static Permissions image(Permissions parents, boolean writable) {
        int used = parents.used() | READ | (writable ? WRITE | RESIZE : 0);
        return new Permissions(used, parents.shared() & ~(WRITE | RESIZE));
    }

    /** A file with nothing but guest data: written, and grown, only when the parents write. */
    public static Permissions data(Permissions parents) {
        int grow = (parents.used() & WRITE) != 0 ? RESIZE : 0;
        return new Permissions(parents.used() | grow, parents.shared() & ~RESIZE);
    }

    /** A backing file: read, and stable for the parents that need it so. */
    public static Permissions backing(Permissions parents) {
        int writes = (parents.shared() & WRITE) != 0 ? WRITE | RESIZE : 0;
        return new Permissions(parents.used() & READ, READ | UNCHANGED | writes);
    }
}
