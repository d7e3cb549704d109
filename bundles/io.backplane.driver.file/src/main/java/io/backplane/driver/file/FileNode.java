package io.backplane.driver.file;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.HandOver;
import io.backplane.block.spi.OpenRequest;
import io.backplane.block.spi.Reopen;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;
import io.backplane.state.StateRecord;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A node on a host file. Requests run on the ring or pool of whoever submits them; the only state
 * of its own they share is the length, which writes beyond the end raise.
 */
final class FileNode implements DriverNode {
    /** Type of the state record. */
    static final String STATE = "file";
    /** Name of the {@link HostFile} that is handed over. */
    static final String DESCRIPTOR = "descriptor";
    private static final int MAX_SEGMENTS = 1024;
    private static final int WRITE_FLAGS = RequestFlags.FUA;
    private static final int ZERO_FLAGS = RequestFlags.MAY_UNMAP;

    // Immutable
    private final FileDriver driver;
    private final String nodeName;
    private final BufferPool buffers;
    private final FileExtents extents = new FileExtents();
    private final FileZeroing zeroing = new FileZeroing();

    // Global state; changed only while drained
    private HostFile file;
    private FileOptions options;
    private FileLocks locks;
    private BlockLimits limits;
    private boolean noFlush;
    private boolean handedOver;

    // Any thread
    private final AtomicLong length;
    private final LostWrites lost;

    FileNode(FileDriver driver, OpenRequest request, FileOptions options, HostFile file,
            long length, FileLocks locks, LostWrites lost) {
        this.driver = driver;
        this.nodeName = request.nodeName();
        this.buffers = request.buffers();
        this.length = new AtomicLong(length);
        this.lost = lost;
        use(file, options, request);
        this.locks = options.locking() == FileOptions.OnOffAuto.OFF ? null : locks;
    }

    private void use(HostFile next, FileOptions nextOptions, OpenRequest request) {
        file = next;
        options = nextOptions;
        noFlush = request.noFlush();
        int align = next.alignment();
        int discard = next.kind() == FileKind.REGULAR ? align : Math.max(512, align);
        limits = BlockLimits.NONE.withAlignment(align, align).withTransfer(0, 0, MAX_SEGMENTS)
                .withDiscard(discard, 0, discard, 0).withFlags(WRITE_FLAGS, ZERO_FLAGS);
    }

    @Override
    public long length() {
        return length.get();
    }

    private void grownTo(long end) {
        long seen = length.get();
        while (end > seen && !length.compareAndSet(seen, end)) {
            seen = length.get();
        }
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public boolean readOnly() {
        return !file.writable();
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        HostFile host = file;
        try {
            long done = host.preadv(iov, from, bytes, offset);
            while (done < bytes) {
                boolean torn = (done & host.alignment() - 1) != 0;
                long n = torn ? 0 : host.preadv(iov, from + done, bytes - done, offset + done);
                if (n == 0) {
                    iov.fill(from + done, bytes - done, (byte) 0); // beyond the end
                    return;
                }
                done += n;
            }
        } catch (HostIoException e) {
            throw FileErrors.of(e);
        }
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        boolean fua = (flags & RequestFlags.FUA) != 0 && !noFlush;
        HostFile host = file;
        if (fua) {
            lost.check(host);
        }
        try {
            for (long done = 0; done < bytes;) {
                done += host.pwritev(iov, from + done, bytes - done, offset + done, fua);
            }
        } catch (HostIoException e) {
            if (fua) {
                lost.fuaFailed(host, e);
            }
            throw FileErrors.of(e);
        }
        if (offset + bytes > length.get()) {
            grownTo(offset + bytes);
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        extents.forget();
        boolean unmap = (flags & RequestFlags.MAY_UNMAP) != 0;
        zeroing.awaitZero(file, offset, bytes, length.get(), unmap);
        grownTo(offset + bytes);
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        extents.forget();
        zeroing.awaitDiscard(file, offset, bytes);
    }

    @Override
    public void flush() throws BlockException {
        HostFile host = file;
        lost.check(host);
        try {
            host.flush();
        } catch (HostIoException e) {
            lost.flushFailed(host, e);
            throw FileErrors.of(e);
        }
        lost.check(host); // another sync may have been told meanwhile of what this one covers
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        return extents.awaitStatus(file, nodeName, offset, bytes);
    }

    @Override
    public void truncate(long newLength, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        extents.forget();
        new FileResize(file, buffers).awaitResize(length.get(), newLength, exact, preallocation);
        if (file.kind() == FileKind.REGULAR) {
            length.set(newLength);
        }
    }

    @Override
    public long allocatedBytes() throws BlockException {
        try {
            return file.allocatedBytes();
        } catch (HostIoException e) {
            throw FileErrors.of(e);
        }
    }

    @Override
    public String filename() {
        return file.path();
    }

    @Override
    public void awaitPermissionsChanged(Permissions parents) throws BlockException {
        if (locks != null) {
            locks.awaitChange(file, parents);
        }
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        throw new IllegalArgumentException("driver file has no child '" + childName + "'");
    }

    @Override
    public ChildRole childRole(String childName) {
        throw new IllegalArgumentException("driver file has no child '" + childName + "'");
    }

    @Override
    public Reopen awaitReopen(OpenRequest request) throws BlockException {
        FileOptions next = (FileOptions) request.options();
        if (!options.filename().equals(next.filename())) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Cannot change the option 'filename'");
        }
        HostFile opened = driver.awaitOpenFile(next, request);
        boolean locked = next.locking() != FileOptions.OnOffAuto.OFF;
        FileLocks kept = !locked ? null : locks == null ? new FileLocks() : locks;
        boolean done = false;
        try {
            if (kept != null) {
                kept.copyTo(opened);
            }
            done = true;
        } finally {
            if (!done) {
                opened.close();
            }
        }
        return new Reopen() {
            @Override
            public void commit() {
                HostFile old = file;
                use(opened, next, request);
                locks = kept;
                old.close();
            }

            @Override
            public void rollBack() {
                opened.close();
            }
        };
    }

    @Override
    public StateRecord awaitFreeze() {
        StateRecord.Builder state = StateRecord.builder(STATE, 1).number("length", length.get());
        lost.save(state);
        if (locks != null) {
            locks.save(state);
        }
        return state.build();
    }

    /** The descriptor lives on, and its locks with it: nobody can come in between. */
    @Override
    public void handOver(HandOver to) {
        to.put(DESCRIPTOR, file);
        handedOver = true;
    }

    @Override
    public void awaitShutdown() {
        // the graph has flushed; closing drops the locks
    }

    @Override
    public void close() {
        if (!handedOver) {
            file.close();
        }
    }
}
