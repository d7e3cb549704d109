package io.backplane.driver.blklogwrites;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;
import io.backplane.state.StateRecord;

/**
 * Passes everything to {@code file} and logs every change that succeeded.
 *
 * <p>Order of the log: a change takes its place in the log when it has succeeded, and holds its
 * byte range until then, so of two changes that overlap the later one on disk is also the later
 * one in the log. A flush takes its place before it starts: in front of it stand exactly the
 * changes whose stability it promises, and none that merely happened to end during it. A flush
 * that fails leaves an empty mark in its place. Data is copied once, since the guest may change
 * its memory between the two writes.
 *
 * <p>Written zeroes are logged as data, because the meaning of a logged discard is "contents
 * undefined". Changes of the length are not logged.
 */
final class BlkLogWritesNode implements DriverNode {
    private static final long MAX_TRANSFER_BYTES = 4 << 20;

    // Immutable
    private final BlockChild file;
    private final WriteLog log;
    private final BufferPool buffers;
    private final int sectorBytes;
    private final BlockLimits limits;

    // Any thread
    private final RangeLocks ranges = new RangeLocks();

    // Drained only
    private boolean readOnly;

    BlkLogWritesNode(BlockChild file, WriteLog log, BufferPool buffers, boolean readOnly) {
        this.file = file;
        this.log = log;
        this.buffers = buffers;
        this.readOnly = readOnly;
        sectorBytes = log.sectorBytes();
        limits = BlockLimits.NONE.withAlignment(sectorBytes, 1)
                .withTransfer(Math.max(MAX_TRANSFER_BYTES, sectorBytes), 0, 0)
                .withDiscard(sectorBytes, 0, sectorBytes, 0)
                .withFlags(RequestFlags.FUA, RequestFlags.FUA | RequestFlags.MAY_UNMAP
                        | RequestFlags.NO_FALLBACK);
    }

    @Override
    public long length() {
        return file.length();
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        file.preadv(offset, bytes, iov, from, flags);
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        log.awaitReady();
        LogEntry entry = entry(offset, bytes, flags);
        try (BufferPool.Buffer buffer = buffers.take(sectorBytes + bytes)) {
            iov.copyTo(from, buffer.segment(), sectorBytes, bytes);
            WriteLog.Slot slot;
            try (RangeLocks.Range _ = ranges.awaitLock(offset, bytes)) {
                file.pwritev(offset, bytes, buffer.vector(), sectorBytes, flags);
                slot = log.awaitSlot(entry.dataSectors());
            }
            log.awaitWrite(slot, entry, buffer);
            awaitLogged(slot, entry);
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        log.awaitReady();
        LogEntry entry = entry(offset, bytes, flags);
        try (BufferPool.Buffer head = buffers.take(sectorBytes)) {
            WriteLog.Slot slot;
            try (RangeLocks.Range _ = ranges.awaitLock(offset, bytes)) {
                file.pwriteZeroes(offset, bytes, flags);
                slot = log.awaitSlot(entry.dataSectors());
            }
            log.awaitWriteZeroes(slot, entry, head);
            awaitLogged(slot, entry);
        }
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        log.awaitReady();
        LogEntry entry = new LogEntry(offset / sectorBytes, bytes / sectorBytes,
                LogEntry.DISCARD, 0);
        try (BufferPool.Buffer head = buffers.take(sectorBytes)) {
            WriteLog.Slot slot;
            try (RangeLocks.Range _ = ranges.awaitLock(offset, bytes)) {
                file.pdiscard(offset, bytes);
                slot = log.awaitSlot(0);
            }
            log.awaitWrite(slot, entry, head);
            awaitLogged(slot, entry);
        }
    }

    @Override
    public void flush() throws BlockException {
        if (readOnly) {
            file.flush();
            return;
        }
        log.awaitReady();
        try (BufferPool.Buffer head = buffers.take(sectorBytes)) {
            WriteLog.Slot slot = log.awaitSlot(0);
            boolean flushed = false;
            try {
                file.flush();
                flushed = true;
            } finally {
                int flags = flushed ? LogEntry.FLUSH : LogEntry.MARK;
                log.awaitWrite(slot, new LogEntry(0, 0, flags, 0), head);
            }
            log.awaitCounted(slot.index + 1);
        }
    }

    private LogEntry entry(long offset, long bytes, int flags) {
        return new LogEntry(offset / sectorBytes, bytes / sectorBytes,
                (flags & RequestFlags.FUA) != 0 ? LogEntry.FUA : 0, 0);
    }

    private void awaitLogged(WriteLog.Slot slot, LogEntry entry) throws BlockException {
        if ((entry.flags() & LogEntry.FUA) != 0) {
            log.awaitCounted(slot.index + 1);
        } else {
            log.awaitInterval(slot);
        }
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        return BlockStatus.dataAt(bytes, offset, file.nodeName());
    }

    @Override
    public void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        if (length % sectorBytes != 0) {
            throw new BlockException(BlockException.Kind.INVALID, "length " + length
                    + " is not a multiple of the log sector size " + sectorBytes);
        }
        file.truncate(length, exact, preallocation, flags);
    }

    @Override
    public long allocatedBytes() throws BlockException {
        return file.allocatedBytes();
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        if (role == ChildRole.FILTERED) {
            return parents;
        }
        int read = BlockPermission.CONSISTENT_READ.bit();
        int used = readOnly ? read
                : read | BlockPermission.WRITE.bit() | BlockPermission.RESIZE.bit();
        return new Permissions(used, read | BlockPermission.WRITE_UNCHANGED.bit());
    }

    @Override
    public ChildRole childRole(String childName) {
        return childName.equals("file") ? ChildRole.FILTERED : ChildRole.METADATA;
    }

    @Override
    public void awaitSetReadOnly(boolean nowReadOnly) throws BlockException {
        if (nowReadOnly && !readOnly) {
            log.awaitFinish();
        }
        readOnly = nowReadOnly;
    }

    @Override
    public StateRecord awaitFreeze() throws BlockException {
        awaitShutdown();
        return log.state();
    }

    @Override
    public void awaitShutdown() throws BlockException {
        if (!readOnly) {
            log.awaitFinish();
        }
    }

    @Override
    public void close() {
        // nothing of its own: buffers go back with each request
    }
}
