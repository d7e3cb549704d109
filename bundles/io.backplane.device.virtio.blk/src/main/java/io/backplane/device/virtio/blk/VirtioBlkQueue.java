package io.backplane.device.virtio.blk;

import static io.backplane.device.virtio.blk.VirtioBlkRequest.HEADER_BYTES;
import static io.backplane.device.virtio.blk.VirtioBlkRequest.RANGE_BYTES;
import static io.backplane.device.virtio.blk.VirtioBlkRequest.STATUS_IOERR;
import static io.backplane.device.virtio.blk.VirtioBlkRequest.STATUS_OK;
import static io.backplane.device.virtio.blk.VirtioBlkRequest.STATUS_UNSUPP;

import io.backplane.aio.RequestEvent;
import io.backplane.block.BlockException;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.memory.IoVector;
import io.backplane.virtio.QueueHandler;
import io.backplane.virtio.VirtQueueElement;
import java.lang.foreign.MemorySegment;

/**
 * Answers the requests of one queue; virtio 1.2, 5.2.6.
 *
 * <p>What the guest may get wrong inside a well-formed request is answered (IOERR, UNSUPP); a
 * request without header or status cannot be, and breaks the device. Trouble below is IOERR. Data
 * goes between guest memory and backend without a copy. Home context only.
 */
final class VirtioBlkQueue implements QueueHandler {
    /** Longest read or write, in bytes. */
    static final long TRANSFER_BYTES_MAX = Integer.MAX_VALUE & -4096L;

    private static final int ID_BYTES = 20;

    // Immutable
    private final VirtioBlk device;
    private final BlockBackend backend;
    private final long blockMask;
    private final MemorySegment serial;

    // Home context only
    private final VirtioBlkRequest request = new VirtioBlkRequest();

    VirtioBlkQueue(VirtioBlk device, BlockBackend backend, int logicalBlockBytes,
            MemorySegment serial) {
        this.device = device;
        this.backend = backend;
        this.blockMask = logicalBlockBytes - 1L;
        this.serial = serial;
    }

    @Override
    public void enter() {
        backend.incrementInFlight();
    }

    @Override
    public void leave() {
        backend.decrementInFlight();
    }

    @Override
    public void handle(VirtQueueElement element) {
        IoVector readable = element.readable();
        IoVector writable = element.writable();
        if (!request.readHeader(readable, writable)) {
            element.queue().fail("request of " + readable.bytes() + " readable and "
                    + writable.bytes() + " writable bytes has no room for header or status");
            return;
        }
        RequestEvent event = RequestEvent.start();
        long type = request.type();
        long sector = request.sector();
        byte status;
        try {
            if (type == VirtioBlkRequest.TYPE_IN) {
                status = read(writable, writable.bytes() - 1);
            } else if (type == VirtioBlkRequest.TYPE_OUT) {
                status = write(readable, readable.bytes() - HEADER_BYTES);
            } else {
                status = handleOther(type, readable, writable);
            }
        } catch (BlockException e) {
            if (e.kind() == BlockException.Kind.RETRACTED) {
                element.putBack();
                return;
            }
            status = e.kind() == BlockException.Kind.UNSUPPORTED ? STATUS_UNSUPP : STATUS_IOERR;
        }
        VirtioBlkRequest.writeStatus(writable, status);
        if (event == null) {
            element.complete(writable.bytes());
        } else {
            long bytes = Math.max(readable.bytes() - HEADER_BYTES, writable.bytes() - 1);
            element.complete(writable.bytes());
            RequestEvent.end(event, "device", backend.name(), VirtioBlkRequest.verb(type),
                    sector << 9, bytes);
        }
    }

    private byte read(IoVector data, long bytes) throws BlockException {
        long offset = offset(request.sector(), bytes);
        if (offset < 0 || bytes > TRANSFER_BYTES_MAX) {
            return STATUS_IOERR;
        }
        if (bytes > 0) {
            backend.preadv(offset, bytes, data, 0, 0);
        }
        return STATUS_OK;
    }

    private byte write(IoVector data, long bytes) throws BlockException {
        long offset = offset(request.sector(), bytes);
        if (offset < 0 || bytes > TRANSFER_BYTES_MAX || !backend.writable()) {
            return STATUS_IOERR;
        }
        if (bytes > 0) {
            backend.pwritev(offset, bytes, data, HEADER_BYTES, device.writeFlags());
        }
        return STATUS_OK;
    }

    private byte handleOther(long type, IoVector readable, IoVector writable)
            throws BlockException {
        if (type == VirtioBlkRequest.TYPE_FLUSH) {
            backend.flush();
            return STATUS_OK;
        }
        if (type == VirtioBlkRequest.TYPE_GET_ID) {
            long bytes = Math.min(ID_BYTES, writable.bytes() - 1);
            writable.copyFrom(0, serial, 0, bytes);
            return STATUS_OK;
        }
        if (type == VirtioBlkRequest.TYPE_DISCARD || type == VirtioBlkRequest.TYPE_WRITE_ZEROES) {
            return ranges(type == VirtioBlkRequest.TYPE_DISCARD, readable);
        }
        return STATUS_UNSUPP;
    }

    private byte ranges(boolean discard, IoVector readable) throws BlockException {
        long bytes = readable.bytes() - HEADER_BYTES;
        if (bytes == 0 || bytes % RANGE_BYTES != 0
                || bytes / RANGE_BYTES > VirtioBlk.RANGE_COUNT_MAX || !backend.writable()) {
            return STATUS_IOERR;
        }
        int count = (int) (bytes / RANGE_BYTES);
        for (int i = 0; i < count; i++) {
            request.readRange(readable, i);
            long flags = request.flags();
            if ((flags & ~VirtioBlkRequest.FLAG_UNMAP) != 0 || discard && flags != 0) {
                return STATUS_UNSUPP; // 5.2.6.2: reserved flags; unmap makes no sense in a discard
            }
            byte status = range(discard, request.sector(), request.count(), flags);
            if (status != STATUS_OK) {
                return status;
            }
        }
        return STATUS_OK;
    }

    private byte range(boolean discard, long sector, long sectorCount, long flags)
            throws BlockException {
        long bytes = sectorCount << 9;
        long offset = offset(sector, bytes);
        if (offset < 0 || sectorCount > VirtioBlk.RANGE_SECTORS_MAX) {
            return STATUS_IOERR;
        }
        if (bytes == 0) {
            return STATUS_OK;
        }
        if (discard) {
            backend.pdiscard(offset, bytes);
        } else {
            int unmap = flags != 0 ? RequestFlags.MAY_UNMAP : 0;
            backend.pwriteZeroes(offset, bytes, unmap | device.writeFlags());
        }
        return STATUS_OK;
    }

    /** The offset of a range in bytes; -1 if it is misaligned or not all on the disk. */
    private long offset(long sector, long bytes) {
        long length = backend.length();
        if (sector < 0 || sector > length >>> 9) {
            return -1;
        }
        long offset = sector << 9;
        return ((offset | bytes) & blockMask) == 0 && bytes <= length - offset ? offset : -1;
    }
}
