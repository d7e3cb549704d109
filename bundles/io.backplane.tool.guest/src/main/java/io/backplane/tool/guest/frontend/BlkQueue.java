package io.backplane.tool.guest.frontend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * virtio-blk requests on one queue (virtio 1.2, 5.2.6). There are {@code depth} slots, each with
 * its header, status byte and data buffer in guest memory; a request lives in a slot from
 * {@link #submit} until {@link #complete} returns the slot. One thread at a time.
 *
 * <pre>
 * slot:   0 type u32 | 4 reserved | 8 sector u64 | 16 status u8 | 32 range
 * range:  0 sector u64 | 8 sectors u32 | 12 flags u32 (1: may unmap)
 * </pre>
 */
public final class BlkQueue {
    /** Request type: read. */
    public static final int READ = 0;
    /** Request type: write. */
    public static final int WRITE = 1;
    /** Request type: flush. */
    public static final int FLUSH = 4;
    /** Request type: the device's serial number. */
    public static final int GET_ID = 8;
    /** Request type: discard. */
    public static final int DISCARD = 11;
    /** Request type: write zeroes. */
    public static final int WRITE_ZEROES = 13;

    /** Status: done. */
    public static final int OK = 0;
    /** Status: failed. */
    public static final int IO_ERROR = 1;
    /** Status: not supported. */
    public static final int UNSUPPORTED = 2;
    /** Status byte before the device writes it. */
    public static final int NO_STATUS = 0xff;

    /** Bytes of a sector. */
    public static final int SECTOR_BYTES = 512;
    /** Bytes of the serial number. */
    public static final int ID_BYTES = 20;

    private static final int SLOT_BYTES = 64;
    private static final int STATUS = 16;
    private static final int RANGE = 32;

    // Immutable
    private final GuestQueue ring;
    private final GuestMemory guest;
    private final MemorySegment memory;
    private final int depth;
    private final int dataBytes;
    private final long slots;
    private final long[] data;

    // The one user
    private int segmentCount = 1;
    private boolean odd;
    private long random = 0x9e3779b97f4a7c15L;

    /** Slots with {@code dataBytes} of buffer each, out of the device's guest memory. */
    public BlkQueue(GuestDevice device, int queue, int depth, int dataBytes) {
        this.ring = device.queue(queue);
        this.guest = device.memory();
        this.memory = guest.segment();
        this.depth = depth;
        this.dataBytes = dataBytes;
        this.slots = guest.allocate((long) depth * SLOT_BYTES, 64);
        this.data = new long[depth];
        for (int i = 0; i < depth; i++) {
            data[i] = guest.allocate(dataBytes, 4096);
        }
    }

    /** The ring under it. */
    public GuestQueue ring() {
        return ring;
    }

    /** Number of slots. */
    public int depth() {
        return depth;
    }

    /** Bytes of each slot's buffer. */
    public int dataBytes() {
        return dataBytes;
    }

    /** Where the buffer of a slot lies in guest memory. */
    public long dataOffset(int slot) {
        return data[slot];
    }

    /** The buffer of a slot. */
    public MemorySegment data(int slot) {
        return memory.asSlice(data[slot], dataBytes);
    }

    /**
     * Shape of the requests from now on.
     *
     * @param segments data segments of a request
     * @param oddFraming cut at any byte, split the header, join data and status
     * @param seed for the places of the cuts
     */
    public void shape(int segments, boolean oddFraming, long seed) {
        segmentCount = segments;
        odd = oddFraming;
        random = seed | 1;
    }

    /** Puts a read, write, flush or get-id into the ring; {@link #publish} shows it. */
    public void submit(int slot, int type, long sector, int bytes) {
        long at = header(slot, type, sector);
        ring.begin(slot);
        long address = guest.guestAddress(at);
        if (odd) {
            int cut = 1 + (int) next(15);
            ring.readable(address, cut);
            ring.readable(address + cut, 16 - cut);
        } else {
            ring.readable(address, 16);
        }
        if (bytes > 0) {
            segments(guest.guestAddress(data[slot]), bytes, type != WRITE);
        }
        ring.writable(address + STATUS, 1);
        ring.end();
    }

    private long header(int slot, int type, long sector) {
        long at = slots + (long) slot * SLOT_BYTES;
        memory.set(ValueLayout.JAVA_INT, at, type);
        memory.set(ValueLayout.JAVA_INT, at + 4, 0);
        memory.set(ValueLayout.JAVA_LONG, at + 8, sector);
        memory.set(ValueLayout.JAVA_BYTE, at + STATUS, (byte) NO_STATUS);
        return at;
    }

    private void segments(long address, int bytes, boolean deviceWrites) {
        int unit = odd ? 1 : SECTOR_BYTES;
        int left = Math.min(segmentCount, Math.max(1, bytes / unit));
        int at = 0;
        while (left > 0) {
            int length = bytes - at;
            if (left > 1) {
                int room = (length - (left - 1) * unit) / unit;
                length = unit * (1 + (int) next(Math.min(room, 2 * Math.max(1, room / left))));
            }
            if (deviceWrites) {
                ring.writable(address + at, length);
            } else {
                ring.readable(address + at, length);
            }
            at += length;
            left--;
        }
    }

    /** Puts a discard or write-zeroes of one range into the ring. */
    public void submitRange(int slot, int type, long sector, int sectors, boolean unmap) {
        long at = header(slot, type, 0);
        memory.set(ValueLayout.JAVA_LONG, at + RANGE, sector);
        memory.set(ValueLayout.JAVA_INT, at + RANGE + 8, sectors);
        memory.set(ValueLayout.JAVA_INT, at + RANGE + 12, unmap ? 1 : 0);
        long address = guest.guestAddress(at);
        ring.begin(slot);
        ring.readable(address, 16);
        ring.readable(address + RANGE, 16);
        ring.writable(address + STATUS, 1);
        ring.end();
    }

    /** Shows the device what was submitted. */
    public boolean publish() {
        return ring.publish();
    }

    /** Slot of a completed request, or -1. */
    public int complete() {
        return ring.complete();
    }

    /** Status byte of a slot. */
    public int status(int slot) {
        return memory.get(ValueLayout.JAVA_BYTE, slots + (long) slot * SLOT_BYTES + STATUS) & 0xff;
    }

    private long next(long bound) {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return Long.remainderUnsigned(random, bound);
    }
}
