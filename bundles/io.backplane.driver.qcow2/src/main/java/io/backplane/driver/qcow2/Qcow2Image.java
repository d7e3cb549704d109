package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.SnapshotInfo;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.NodeNotices;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;
import java.util.ArrayList;
import java.util.List;

/**
 * An open image: its parts, and the state they share.
 *
 * <p>Lock order: {@link WriteBack}'s flush lock, then {@link #lock} (the metadata lock). Data I/O
 * happens outside both; lookups in tables that are in memory take no lock.
 */
final class Qcow2Image {
    // Immutable
    final Layout layout;
    final ImageFile file;
    final BufferPool buffers;
    final NodeNotices notices;
    final MetadataMap metadata;
    final CoMutex lock = new CoMutex("the metadata of a qcow2 image");
    final WriteEpoch epoch = new WriteEpoch();
    final boolean rawDataFile;

    // Filled while opening
    final List<SnapshotInfo> snapshots = new ArrayList<>();
    final List<Qcow2BitmapInfo> bitmaps = new ArrayList<>();

    // Set once while opening
    L1Table l1;
    L2Tables l2;
    Refcounts refcounts;
    WriteBack writeBack;
    Reserve reserve;
    Settling settling;
    DataBarrier barrier;

    // Changed while drained
    volatile BlockChild backing;
    volatile ImageFile data;
    volatile CacheSettings settings;
    volatile boolean noFlush;
    volatile boolean readOnly;
    /** What {@link #readOnly} is to become; child permissions go by it. */
    volatile boolean wantsReadOnly;
    /** Became writable without I/O: what opening does for that is still to be done. */
    volatile boolean unprepared;

    // Under the metadata lock
    FreedClusters freed = new FreedClusters();
    long incompatible;
    long autoclear;

    // Any thread; written under the metadata lock
    volatile long size;
    volatile boolean bitmapsToForget;
    volatile boolean lazyToMark;
    private volatile String fatal;

    Qcow2Image(Header header, ImageFile file, BufferPool buffers, NodeNotices notices,
            CacheSettings settings, boolean readOnly) {
        this.layout = Layout.of(header);
        this.file = file;
        this.buffers = buffers;
        this.notices = notices;
        this.settings = settings;
        this.readOnly = readOnly;
        wantsReadOnly = readOnly;
        metadata = new MetadataMap(header.clusterBits(), settings.overlapKinds());
        rawDataFile = header.hasDataFile() && header.hasRawDataFile();
        incompatible = header.incompatible();
        autoclear = header.autoclear();
        size = header.size();
        if (!header.hasDataFile()) {
            data = file;
        }
    }

    /** Throws if the image was found corrupt earlier. */
    void checkUsable() throws BlockException {
        if (fatal != null) {
            throw new BlockException(Kind.CORRUPT, "qcow2 image is corrupt: " + fatal);
        }
    }

    boolean isCorrupt() {
        return (incompatible & Header.INCOMPATIBLE_CORRUPT) != 0;
    }

    boolean isDirty() {
        return (incompatible & Header.INCOMPATIBLE_DIRTY) != 0;
    }

    /** Marks the image corrupt for good and gives the exception to throw. */
    BlockException corrupt(String message) {
        return corrupt(message, -1, -1);
    }

    /** As {@link #corrupt(String)}, with where in the image file. */
    BlockException corrupt(String message, long offset, long bytes) {
        boolean first = fatal == null;
        if (first) {
            fatal = message;
            notices.imageCorrupted(message, offset, bytes, true);
            if (!readOnly && layout.version() >= 3) {
                incompatible |= Header.INCOMPATIBLE_CORRUPT;
                try {
                    file.awaitWriteLongs(Header.AT_INCOMPATIBLE, incompatible);
                } catch (BlockException e) {
                    BlockException both = new BlockException(Kind.CORRUPT, message);
                    both.addSuppressed(e);
                    return both;
                }
            }
        }
        return new BlockException(Kind.CORRUPT, message);
    }

    /** Refuses a write over metadata. Any thread. */
    void checkOverlap(long offset, long bytes) throws BlockException {
        String name = metadata.overlap(offset, bytes);
        if (name != null) {
            throw corrupt("Preventing invalid write on metadata (overlaps with " + name + ")",
                    offset, bytes);
        }
    }

    /** A cluster of metadata that we may write must lie inside the file. */
    void checkInFile(String what, long offset) throws BlockException {
        if (!readOnly && offset > file.length() - layout.clusterBytes()) {
            throw corrupt(String.format("%s offset %#x is outside the image file", what, offset));
        }
    }

    /** As {@link #checkOverlap}, for a place in the data file. */
    void checkOverlapOfData(long offset, long bytes) throws BlockException {
        if (data == file) {
            checkOverlap(offset, bytes);
        }
    }

    /** Before the first change of what a guest sees: bitmaps we do not keep are invalid. */
    void awaitForgetBitmaps() throws BlockException {
        try (CoMutex.Held _ = lock.awaitLock()) {
            if (bitmapsToForget) {
                long kept = autoclear & ~Header.AUTOCLEAR_BITMAPS;
                file.awaitWriteLongs(Header.AT_AUTOCLEAR, kept);
                file.child.flush();
                autoclear = kept;
                bitmapsToForget = false;
            }
        }
    }

    /** Before the first change of metadata with lazy refcounts. Under the metadata lock. */
    void awaitMarkDirty() throws BlockException {
        if (lazyToMark) {
            long bits = incompatible | Header.INCOMPATIBLE_DIRTY;
            file.awaitWriteLongs(Header.AT_INCOMPATIBLE, bits);
            file.child.flush();
            incompatible = bits;
            lazyToMark = false;
        }
    }

    /** All refcounts are stable: takes the dirty mark away. Under the metadata lock. */
    void awaitMarkClean() throws BlockException {
        if (isDirty()) {
            long bits = incompatible & ~Header.INCOMPATIBLE_DIRTY;
            file.awaitWriteLongs(Header.AT_INCOMPATIBLE, bits);
            file.child.flush();
            incompatible = bits;
        }
        lazyToMark = settings.lazyRefcounts();
    }

    /** What was written to the image file so far is stable before what is written from now on. */
    void awaitBarrierOfFile() throws BlockException {
        if (!noFlush) {
            file.child.flush();
        }
    }

    /** Gives up clusters of the image file: see {@link FreedClusters}. Under the lock. */
    void free(long offset, long clusters, int reason) {
        freed.add(offset >> layout.clusterBits(), clusters, reason);
    }

    /** Gives up what an L2 entry refers to. Under the lock. */
    void freeEntry(long entry, int reason) throws BlockException {
        if (L2Entry.isCompressed(entry)) {
            long first = layout.compressedOffset(entry) >> layout.clusterBits();
            long last = layout.compressedOffset(entry) + layout.compressedBytes(entry) - 1
                    >> layout.clusterBits();
            // One by one: neighbours may hold other compressed clusters and must not merge.
            for (long cluster = first; cluster <= last; cluster++) {
                freed.add(cluster, 1, reason);
            }
        } else if (!layout.dataFile() && L2Entry.offset(entry) != 0) {
            long offset = L2Entry.offset(entry);
            if ((offset & layout.clusterMask()) != 0) {
                throw corrupt(String.format("Cannot free unaligned cluster %#x", offset));
            }
            free(offset, 1, reason);
        }
    }

    /** Reads where this layer has nothing; never suspends without a backing file. */
    void readBelow(long offset, long bytes, IoVector iov, long from) throws BlockException {
        BlockChild below = backing;
        long have = below == null ? 0 : Math.clamp(below.length() - offset, 0, bytes);
        if (have > 0) {
            below.preadv(offset, have, iov, from, 0);
        }
        if (have < bytes) {
            iov.fill(from + have, bytes - have, (byte) 0);
        }
    }
}
