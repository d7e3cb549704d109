package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.memory.IoVector;
import java.util.HashMap;
import java.util.Map;

/**
 * Stands where the driver's half of a frozen node was: answers what it last said, and fails every
 * request. Has nothing of the driver's bundle.
 */
final class HeldNode implements DriverNode {
    // Immutable
    private final Node node;
    private final long length;
    private final BlockLimits limits;
    private final String filename;
    private final boolean readOnly;
    private final Map<String, ChildRole> roles = new HashMap<>();
    private final Map<String, Permissions> wanted = new HashMap<>();

    HeldNode(Node node) {
        this.node = node;
        DriverNode before = node.driverNode;
        limits = node.limits;
        boolean broken = node.fault() != null; // then it is not asked
        length = broken ? node.knownLength() : before.length();
        filename = broken ? "" : before.filename();
        readOnly = broken ? node.openedReadOnly : before.readOnly();
        for (NodeEdge edge : node.children) {
            roles.put(edge.name, edge.role);
            wanted.put(edge.name, edge.permissions());
        }
    }

    private BlockException missing() {
        return new BlockException(BlockException.Kind.IO, node.missingText());
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public String filename() {
        return filename;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        throw missing();
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        throw missing();
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        throw missing();
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        throw missing();
    }

    @Override
    public void flush() throws BlockException {
        throw missing();
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        throw missing();
    }

    @Override
    public void truncate(long newLength, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        throw missing();
    }

    @Override
    public long allocatedBytes() {
        return -1;
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        return wanted.getOrDefault(childName, Permissions.NONE);
    }

    @Override
    public ChildRole childRole(String childName) {
        return roles.getOrDefault(childName, ChildRole.METADATA);
    }

    @Override
    public void awaitShutdown() {
        // the freeze was it
    }

    @Override
    public void close() {
        // nothing is held
    }
}
