package io.backplane.driver.raw;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.ChildPermissions;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.OpenRequest;
import io.backplane.block.spi.Reopen;
import io.backplane.memory.IoVector;

/** A raw node: every request goes to the file, moved by the window's offset. */
final class RawNode implements DriverNode {
    private static final BlockLimits LIMITS = BlockLimits.NONE.withFlags(RequestFlags.FUA,
            RequestFlags.FUA | RequestFlags.MAY_UNMAP | RequestFlags.NO_FALLBACK);

    // Immutable
    private final BlockChild file;

    // Global state; changed only while drained
    private RawWindow window;
    private long offset;

    RawNode(BlockChild file, RawWindow window) {
        this.file = file;
        this.window = window;
        this.offset = window.offset();
    }

    @Override
    public long length() {
        return window.isFixed() ? window.size() : Math.max(0, file.length() - offset);
    }

    @Override
    public BlockLimits limits() {
        return LIMITS;
    }

    @Override
    public void preadv(long at, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        file.preadv(at + offset, bytes, iov, from, flags);
    }

    @Override
    public void pwritev(long at, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        checkInside(at, bytes);
        file.pwritev(at + offset, bytes, iov, from, flags);
    }

    @Override
    public void pwriteZeroes(long at, long bytes, int flags) throws BlockException {
        checkInside(at, bytes);
        file.pwriteZeroes(at + offset, bytes, flags);
    }

    @Override
    public void pdiscard(long at, long bytes) throws BlockException {
        checkInside(at, bytes);
        file.pdiscard(at + offset, bytes);
    }

    /** A window of fixed size does not grow by writes. */
    private void checkInside(long at, long bytes) throws BlockException {
        if (window.isFixed() && at + bytes > window.size()) {
            throw new BlockException(BlockException.Kind.NO_SPACE, "write of " + bytes
                    + " bytes at " + at + " beyond the fixed size " + window.size());
        }
    }

    @Override
    public void flush() throws BlockException {
        file.flush();
    }

    @Override
    public BlockStatus blockStatus(long at, long bytes) throws BlockException {
        return file.blockStatus(at + offset, bytes);
    }

    @Override
    public void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        if (window.isFixed()) {
            throw new BlockException(BlockException.Kind.UNSUPPORTED,
                    "Cannot resize fixed-size raw disks");
        }
        if (Long.MAX_VALUE - offset < length) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Disk size too large for the chosen offset");
        }
        file.truncate(length + offset, exact, preallocation, flags);
    }

    @Override
    public long allocatedBytes() throws BlockException {
        return file.allocatedBytes();
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        return role == ChildRole.FILTERED ? ChildPermissions.filter(parents)
                : ChildPermissions.data(parents);
    }

    @Override
    public ChildRole childRole(String childName) {
        return window.role();
    }

    @Override
    public Reopen awaitReopen(OpenRequest request) throws BlockException {
        RawWindow next = RawWindow.of((RawOptions) request.options(), file);
        return new Reopen() {
            @Override
            public void commit() {
                window = next;
                offset = next.offset();
            }

            @Override
            public void rollBack() {
                // nothing was prepared
            }
        };
    }

    @Override
    public void awaitShutdown() {
        // the graph has flushed, and the file is closed by itself
    }

    @Override
    public void close() {
        // nothing is held
    }
}
