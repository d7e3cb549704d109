package io.backplane.export.vhostuser;

import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.MappedFile;
import io.backplane.hostio.posix.MemFd;
import io.backplane.virtio.RingLayout;
import io.backplane.virtio.ViolationException;

/** The mapped buffer that remembers requests in flight of all queues. It owns the mapping. */
final class InflightBuffer implements AutoCloseable {
    // Immutable
    private final InflightMessage shape;
    private final MappedFile file;

    private InflightBuffer(InflightMessage shape, MappedFile file) {
        this.shape = shape;
        this.file = file;
    }

    /** What a buffer for these queues looks like, for the front-end to keep. */
    static InflightMessage shape(int queueCount, int queueSize, int queueCountMax)
            throws ViolationException {
        if (queueCount < 1 || queueCount > queueCountMax || queueSize < 1
                || queueSize > RingLayout.SIZE_MAX) {
            throw new ViolationException("inflight buffer for " + queueCount + " queues of "
                    + queueSize + ": there are " + queueCountMax + " queues of at most "
                    + RingLayout.SIZE_MAX);
        }
        long bytes = InflightRegion.bytes(queueSize) * queueCount;
        return new InflightMessage(bytes, 0, queueCount, queueSize);
    }

    /** A new empty buffer; the caller passes its descriptor on and closes it. */
    static MemFd create(InflightMessage shape) throws HostIoException {
        return MemFd.create("backplane-inflight", shape.bytes(), true);
    }

    /** Maps what the front-end kept. The descriptor stays the caller's. */
    static InflightBuffer map(InflightMessage kept, int fd, int queueCountMax)
            throws ViolationException, HostIoException {
        InflightMessage needed = shape(kept.queueCount(), kept.queueSize(), queueCountMax);
        long end = kept.fileOffset() + needed.bytes();
        if (kept.bytes() < needed.bytes() || kept.fileOffset() < 0 || end < 0
                || end > MappedFile.fileBytes(fd)) {
            throw new ViolationException("inflight buffer of " + kept.bytes()
                    + " bytes at file offset " + kept.fileOffset() + " in a file of "
                    + MappedFile.fileBytes(fd) + " bytes: " + needed.bytes() + " are needed");
        }
        return new InflightBuffer(kept,
                MappedFile.map(fd, kept.fileOffset(), needed.bytes(), true));
    }

    /** The part of queue {@code index}, of {@code size} descriptors; null: it has none. */
    InflightRegion region(int index, int size) throws ViolationException {
        if (index >= shape.queueCount()) {
            return null;
        }
        if (size > shape.queueSize()) {
            throw new ViolationException("queue " + index + " of " + size + " descriptors, but the"
                    + " inflight buffer is for " + shape.queueSize());
        }
        long bytes = InflightRegion.bytes(shape.queueSize());
        return new InflightRegion(file.segment().asSlice(index * bytes, bytes),
                shape.queueSize());
    }

    @Override
    public void close() {
        file.close();
    }
}
