package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.memory.IoVector;

/**
 * The requests of one node as its driver's half gets them. What comes out of it that is no
 * BlockException is the driver's fault and puts the node in quarantine; only that: an InternalError
 * is guest memory that has vanished. Coroutines of any context, if nothing else is said.
 */
final class DriverCalls {
    // Immutable
    private final Node node;

    DriverCalls(Node node) {
        this.node = node;
    }

    void preadv(long offset, long bytes, IoVector iov, long from, int flags) throws BlockException {
        try {
            node.driverNode.preadv(offset, bytes, iov, from, flags);
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        try {
            node.driverNode.pwritev(offset, bytes, iov, from, flags);
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        try {
            node.driverNode.pwriteZeroes(offset, bytes, flags);
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    void pdiscard(long offset, long bytes) throws BlockException {
        try {
            node.driverNode.pdiscard(offset, bytes);
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    void flush() throws BlockException {
        try {
            node.driverNode.flush();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        try {
            return node.driverNode.blockStatus(offset, bytes);
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        try {
            node.driverNode.truncate(length, exact, preallocation, flags);
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    /** Main. */
    void awaitPermissionsChanged(Permissions parents) throws BlockException {
        try {
            node.driverNode.awaitPermissionsChanged(parents);
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    long length() throws BlockException {
        try {
            return node.driverNode.length();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }

    long allocatedBytes() throws BlockException {
        try {
            return node.driverNode.allocatedBytes();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            throw node.failed(e);
        }
    }
}
