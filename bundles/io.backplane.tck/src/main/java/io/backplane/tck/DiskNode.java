package io.backplane.tck;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/** A host file as a node. What is discarded reads as junk: nobody may rely on zeroes. */
final class DiskNode implements DriverNode {
    private static final byte JUNK = (byte) 0xdd;

    private final HostFile file;
    private final String nodeName;
    private final BlockLimits limits;
    private final AtomicLong length;

    DiskNode(HostFile file, String nodeName, int alignment) throws HostIoException {
        length = new AtomicLong(file.length());
        this.file = file;
        this.nodeName = nodeName;
        limits = BlockLimits.NONE.withAlignment(alignment, 1)
                .withDiscard(alignment, 0, alignment, 0)
                .withFlags(RequestFlags.FUA, RequestFlags.FUA | RequestFlags.MAY_UNMAP);
    }

    static BlockException failure(HostIoException e) {
        return new BlockException(BlockException.Kind.ofErrno(e.errno()), e.getMessage(), e);
    }

    @Override
    public long length() {
        return length.get();
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        checkNative(iov);
        try {
            for (long done = 0; done < bytes;) {
                long n = file.preadv(iov, from + done, bytes - done, offset + done);
                if (n == 0) {
                    iov.fill(from + done, bytes - done, (byte) 0);
                    return;
                }
                done += n;
            }
        } catch (HostIoException e) {
            throw failure(e);
        }
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        checkNative(iov);
        write(offset, bytes, iov, from, flags);
    }

    /** The kernel takes no memory of the Java heap. */
    private static void checkNative(IoVector iov) {
        for (int i = 0; i < iov.count(); i++) {
            if (!iov.segment(i).isNative()) {
                throw new AssertionError("host I/O needs native memory (OpenRequest.buffers()),"
                        + " element " + i + " is on the heap");
            }
        }
    }

    private void write(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        boolean fua = (flags & RequestFlags.FUA) != 0;
        try {
            for (long done = 0; done < bytes;) {
                done += file.pwritev(iov, from + done, bytes - done, offset + done, fua);
            }
            length.accumulateAndGet(offset + bytes, Math::max);
        } catch (HostIoException e) {
            throw failure(e);
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        try {
            if (offset + bytes > length.get()) {
                file.truncate(offset + bytes);
                length.set(offset + bytes);
            }
            file.allocate(AllocateMode.ZERO_RANGE, offset, bytes);
            if ((flags & RequestFlags.FUA) != 0) {
                file.flush();
            }
        } catch (HostIoException e) {
            throw failure(e);
        }
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        byte[] junk = new byte[Math.toIntExact(bytes)];
        Arrays.fill(junk, JUNK);
        write(offset, bytes, IoVector.of(MemorySegment.ofArray(junk)), 0, 0);
    }

    @Override
    public void flush() throws BlockException {
        try {
            file.flush();
        } catch (HostIoException e) {
            throw failure(e);
        }
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        return BlockStatus.dataAt(bytes, offset, nodeName);
    }

    @Override
    public void truncate(long bytes, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        try {
            file.truncate(bytes);
            length.set(bytes);
        } catch (HostIoException e) {
            throw failure(e);
        }
    }

    @Override
    public long allocatedBytes() {
        return length();
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        throw new IllegalArgumentException("no child '" + childName + "'");
    }

    @Override
    public ChildRole childRole(String childName) {
        throw new IllegalArgumentException("no child '" + childName + "'");
    }

    @Override
    public void awaitShutdown() {
        // the graph has flushed
    }

    @Override
    public void close() {
        file.close();
    }
}
