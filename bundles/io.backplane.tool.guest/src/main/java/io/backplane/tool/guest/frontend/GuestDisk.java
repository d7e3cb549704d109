package io.backplane.tool.guest.frontend;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A disk to read and write, one request at a time: for tests and small tools. Offsets and lengths
 * are bytes, multiples of 512. Methods return the status byte of the device
 * ({@link BlkQueue#OK}…) and block the thread until it is there; any thread.
 */
public final class GuestDisk implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    // Immutable
    private final GuestDevice device;
    private final BlkQueue queue;
    private final ReentrantLock lock = new ReentrantLock();

    private GuestDisk(GuestDevice device, BlkQueue queue) {
        this.device = device;
        this.queue = queue;
    }

    /** Connects to the disk behind a socket, with every feature it offers. */
    public static GuestDisk connect(String socket) throws IOException {
        return connect(DeviceOptions.of(socket));
    }

    /** Connects as told; requests go through the first queue. */
    public static GuestDisk connect(DeviceOptions options) throws IOException {
        GuestDevice device = GuestDevice.connect(options);
        try {
            device.start();
            return new GuestDisk(device, new BlkQueue(device, 0, 1, CHUNK_BYTES));
        } catch (IOException | RuntimeException e) {
            device.close();
            throw e;
        }
    }

    /** The device under it. */
    public GuestDevice device() {
        return device;
    }

    /** Capacity in bytes, as last read. */
    public long capacityBytes() {
        return device.config().capacitySectors() * BlkQueue.SECTOR_BYTES;
    }

    /** Reads {@code to.length} bytes at {@code offset}. */
    public int read(long offset, byte[] to) throws IOException {
        return transfer(BlkQueue.READ, offset, to);
    }

    /** Writes {@code from} at {@code offset}. */
    public int write(long offset, byte[] from) throws IOException {
        return transfer(BlkQueue.WRITE, offset, from);
    }

    private int transfer(int type, long offset, byte[] bytes) throws IOException {
        lock.lock();
        try {
            for (int at = 0; at < bytes.length; at += CHUNK_BYTES) {
                int length = Math.min(CHUNK_BYTES, bytes.length - at);
                MemorySegment buffer = queue.data(0);
                if (type == BlkQueue.WRITE) {
                    MemorySegment.copy(bytes, at, buffer, ValueLayout.JAVA_BYTE, 0, length);
                }
                queue.submit(0, type, (offset + at) / BlkQueue.SECTOR_BYTES, length);
                int status = await();
                if (status != BlkQueue.OK) {
                    return status;
                }
                if (type == BlkQueue.READ) {
                    MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, at, length);
                }
            }
            return BlkQueue.OK;
        } finally {
            lock.unlock();
        }
    }

    /** Makes what was written stable. */
    public int flush() throws IOException {
        return simple(BlkQueue.FLUSH, 0, 0, false);
    }

    /** Discards a range. */
    public int discard(long offset, long bytes) throws IOException {
        return simple(BlkQueue.DISCARD, offset, bytes, false);
    }

    /** Zeroes a range. */
    public int writeZeroes(long offset, long bytes, boolean unmap) throws IOException {
        return simple(BlkQueue.WRITE_ZEROES, offset, bytes, unmap);
    }

    private int simple(int type, long offset, long bytes, boolean unmap) throws IOException {
        lock.lock();
        try {
            if (type == BlkQueue.FLUSH) {
                queue.submit(0, type, 0, 0);
            } else {
                queue.submitRange(0, type, offset / BlkQueue.SECTOR_BYTES,
                        (int) (bytes / BlkQueue.SECTOR_BYTES), unmap);
            }
            return await();
        } finally {
            lock.unlock();
        }
    }

    /** The serial number, or null if the device has no such request. */
    public String id() throws IOException {
        lock.lock();
        try {
            queue.data(0).asSlice(0, BlkQueue.ID_BYTES).fill((byte) 0);
            queue.submit(0, BlkQueue.GET_ID, 0, BlkQueue.ID_BYTES);
            if (await() != BlkQueue.OK) {
                return null;
            }
            byte[] id = queue.data(0).asSlice(0, BlkQueue.ID_BYTES)
                    .toArray(ValueLayout.JAVA_BYTE);
            int length = 0;
            while (length < id.length && id[length] != 0) {
                length++;
            }
            return new String(id, 0, length, StandardCharsets.ISO_8859_1);
        } finally {
            lock.unlock();
        }
    }

    private int await() throws IOException {
        queue.publish();
        awaitCompletion(queue.ring(), device.options().completionTimeoutNs());
        return queue.status(queue.complete());
    }

    /**
     * Blocks until a completion is in a ring.
     *
     * @throws NoCompletionException after {@code timeoutNs}
     */
    public static void awaitCompletion(GuestQueue ring, long timeoutNs)
            throws NoCompletionException {
        long end = System.nanoTime() + timeoutNs;
        while (!ring.arm()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw new NoCompletionException("queue " + ring.index() + ": no completion for "
                        + timeoutNs / 1_000_000 + " ms");
            }
            ring.awaitInterrupt(left);
        }
    }

    /** Takes the disk to a back-end that came back; see {@link GuestDevice#reconnect}. */
    public void reconnect(long timeoutNs) throws IOException {
        lock.lock();
        try {
            device.reconnect(timeoutNs);
        } finally {
            lock.unlock();
        }
    }

    /** Stops the device, and closes. */
    @Override
    public void close() throws IOException {
        try {
            if (device.isStarted()) {
                device.stop();
            }
        } finally {
            device.close();
        }
    }
}
