package {{package}};

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
import io.backplane.memory.IoVector;

/** A {{name}} node: every request goes to the file as it is. */
final class {{Name}}Node implements DriverNode {
    /** Any alignment; forced and unmapping writes are passed on. */
    private static final BlockLimits LIMITS = BlockLimits.NONE.withFlags(RequestFlags.FUA,
            RequestFlags.FUA | RequestFlags.MAY_UNMAP | RequestFlags.NO_FALLBACK);

    private final BlockChild file;

    {{Name}}Node(OpenRequest request, {{Name}}Options options) {
        file = request.child("file");
    }

    @Override
    public long length() {
        return file.length();
    }

    @Override
    public BlockLimits limits() {
        return LIMITS;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        file.preadv(offset, bytes, iov, from, flags);
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        file.pwritev(offset, bytes, iov, from, flags);
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        file.pwriteZeroes(offset, bytes, flags);
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        file.pdiscard(offset, bytes);
    }

    @Override
    public void flush() throws BlockException {
        file.flush();
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        return file.blockStatus(offset, bytes);
    }

    @Override
    public void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        file.truncate(length, exact, preallocation, flags);
    }

    @Override
    public long allocatedBytes() throws BlockException {
        return file.allocatedBytes();
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        return ChildPermissions.data(parents);
    }

    @Override
    public ChildRole childRole(String childName) {
        return ChildRole.DATA;
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
