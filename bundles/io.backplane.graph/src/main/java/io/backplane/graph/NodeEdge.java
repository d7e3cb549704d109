package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.ChildRole;
import io.backplane.memory.IoVector;

/** An edge whose parent is a node, or the creation of an image ({@code parent} null). */
final class NodeEdge extends Edge implements BlockChild {
    private static final int WRITES =
            BlockPermission.WRITE.bit() | BlockPermission.WRITE_UNCHANGED.bit();
    private static final int RESIZE = BlockPermission.RESIZE.bit();

    // Immutable
    private final Node parent;

    // Global state
    ChildRole role;

    NodeEdge(Node parent, String name, ChildRole role, Permissions permissions) {
        super(name, permissions);
        this.parent = parent;
        this.role = role;
    }

    @Override
    Node parentNode() {
        return parent;
    }

    @Override
    String user() {
        return parent == null ? "image creation" : "node '" + parent.name() + "'";
    }

    @Override
    String parentName() {
        return parent == null ? "image creation" : parent.name();
    }

    @Override
    void quiesceParent() {
        if (parent != null) {
            parent.quiesceBegin();
        }
    }

    @Override
    void resumeParent() {
        if (parent != null) {
            parent.quiesceEnd();
        }
    }

    @Override
    boolean parentBusy() {
        return parent != null && parent.isBusy();
    }

    @Override
    void childResized() {
        if (parent != null) {
            parent.checkLength();
        }
    }

    @Override
    boolean allowsContext(AioContext target) {
        return parent != null;
    }

    @Override
    void setParentContext(AioContext target) {
        parent.setContext(target);
    }

    // BlockChild

    @Override
    public String name() {
        return name;
    }

    @Override
    public String filename() {
        return child.filename();
    }

    @Override
    public String nodeName() {
        return child.name();
    }

    @Override
    public long length() {
        return child.length();
    }

    @Override
    public BlockLimits limits() {
        return child.limits();
    }

    @Override
    public boolean writable() {
        return (used & BlockPermission.WRITE.bit()) != 0 && !child.readOnly();
    }

    private void checkWrite(long offset, long bytes) throws BlockException {
        assert (used & WRITES) != 0 : user() + " writes to '" + child.name()
                + "' without permission";
        if ((used & RESIZE) == 0 && offset + bytes > child.length()) {
            throw new BlockException(BlockException.Kind.INVALID, "write of " + bytes
                    + " bytes at " + offset + " beyond the end of node '" + child.name() + "'");
        }
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        child.preadv(offset, bytes, iov, from, flags);
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        checkWrite(offset, bytes);
        child.pwritev(offset, bytes, iov, from, flags);
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        checkWrite(offset, bytes);
        child.pwriteZeroes(offset, bytes, flags);
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        assert (used & WRITES) != 0 : user() + " discards in '" + child.name()
                + "' without permission";
        child.pdiscard(offset, bytes);
    }

    @Override
    public void flush() throws BlockException {
        child.flush();
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        return child.blockStatus(offset, bytes);
    }

    @Override
    public void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        assert (used & RESIZE) != 0 : user() + " resizes '" + child.name()
                + "' without permission";
        child.truncate(length, exact, preallocation, flags);
    }

    @Override
    public long allocatedBytes() throws BlockException {
        return child.allocatedBytes();
    }
}
