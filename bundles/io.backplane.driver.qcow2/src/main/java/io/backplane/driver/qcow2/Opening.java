package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.block.spi.OpenRequest;
import io.backplane.memory.BufferPool;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Opens an image: reads, checks and puts together what stays in memory. */
final class Opening {
    /** L1 tables of snapshots that are guarded against overwriting, in all. */
    private static final long MAX_GUARDED_L1_BYTES = 64L << 20;

    // Immutable
    private final OpenRequest request;
    private final Qcow2Options options;
    private final ImageFile file;

    private Header header;
    private List<HeaderExtension> extensions;

    private Opening(OpenRequest request) {
        this.request = request;
        options = (Qcow2Options) request.options();
        file = new ImageFile(request.child("file"), request.buffers());
    }

    static Qcow2Node awaitOpen(OpenRequest request) throws BlockException {
        return new Opening(request).awaitRun();
    }

    private Qcow2Node awaitRun() throws BlockException {
        ImageNames names = awaitReadHead();
        Qcow2Image image = new Qcow2Image(header, file, request.buffers(), request.notices(),
                CacheSettings.of(options, header, request), request.readOnly());
        image.l1 = new L1Table(header.l1Offset(),
                awaitReadLongs(header.l1Offset(), header.l1Count(), "Could not read L1 table"));
        long tableCount = header.refcountTableClusters() << header.clusterBits() - 3;
        image.refcounts = new Refcounts(image, header.refcountTableOffset(),
                awaitReadLongs(header.refcountTableOffset(), tableCount,
                        "Could not initialize refcount handling"),
                image.settings.refcountBlocks());
        image.l2 = new L2Tables(image, image.settings);
        image.writeBack = new WriteBack(image);
        image.reserve = new Reserve(image);
        image.settling = new Settling(image);
        image.barrier = new DataBarrier(image);
        image.noFlush = request.noFlush();
        attachChildren(image, names);
        awaitMapMetadata(image);
        Qcow2Node node = new Qcow2Node(image, header, names);
        boolean done = false;
        try {
            if (!image.readOnly) {
                awaitBecomeWritable(image, names);
            }
            done = true;
            return node;
        } finally {
            if (!done) {
                node.close();
            }
        }
    }

    private ImageNames awaitReadHead() throws BlockException {
        long have = Math.min(file.length(), Header.OWN_BYTES);
        try (BufferPool.Buffer head = file.awaitRead(0, Math.max(have, 1))) {
            header = Header.decode(head.segment());
        }
        long cluster = 1L << header.clusterBits();
        if (Long.compareUnsigned(header.backingFileOffset(), cluster) > 0) {
            throw new BlockException(Kind.INVALID, "Invalid backing file offset");
        }
        try (BufferPool.Buffer head = file.awaitRead(0, cluster)) {
            long end = header.backingFileOffset() != 0 ? header.backingFileOffset() : cluster;
            return decodeHead(head.segment(), end);
        }
    }

    private ImageNames decodeHead(MemorySegment head, long extensionsEnd) throws BlockException {
        boolean unknown = (header.incompatible() & ~Header.INCOMPATIBLE_KNOWN) != 0;
        try {
            extensions = HeaderExtension.decodeAll(head, header.headerBytes(), extensionsEnd);
        } catch (BlockException e) {
            if (!unknown) {
                throw e;
            }
            extensions = List.of();
        }
        header.validate(request.readOnly(), FeatureNameTable.decode(
                HeaderExtension.find(extensions, HeaderExtension.FEATURE_NAMES)));
        if (options.encrypt() != null) {
            throw new BlockException(Kind.INVALID, "No encryption in image header, but options"
                    + " specified format '" + options.encrypt().format() + "'");
        }
        byte[] bitmaps = HeaderExtension.find(extensions, HeaderExtension.BITMAPS);
        if (bitmaps != null && (header.autoclear() & Header.AUTOCLEAR_BITMAPS) != 0) {
            BitmapsExtension.decode(bitmaps, header.clusterBits());
        }
        String backing = null;
        if (header.backingFileOffset() != 0) {
            long bytes = header.backingFileBytes();
            if (bytes > Math.min(Header.MAX_BACKING_FILE_BYTES,
                    (1L << header.clusterBits()) - header.backingFileOffset())) {
                throw new BlockException(Kind.INVALID, "Backing file name too long");
            }
            byte[] raw = new byte[(int) bytes];
            MemorySegment.copy(head, Be.BYTE, header.backingFileOffset(), raw, 0, raw.length);
            backing = raw.length == 0 ? null : new String(raw, StandardCharsets.UTF_8);
        }
        String backingFormat = text(HeaderExtension.BACKING_FORMAT);
        String dataFile = text(HeaderExtension.DATA_FILE);
        return new ImageNames(backing, backingFormat, dataFile,
                Qcow2CompressionType.values()[header.compressionType()],
                implied(backing, backingFormat, dataFile), header, extensions);
    }

    private String text(int type) {
        byte[] data = HeaderExtension.find(extensions, type);
        return data == null ? null : new String(data, StandardCharsets.UTF_8);
    }

    private List<ImpliedChild> implied(String backing, String backingFormat, String dataFile)
            throws BlockException {
        List<ImpliedChild> implied = new ArrayList<>();
        boolean dataChild = request.child("data-file") != null;
        if (header.hasDataFile()) {
            if (!dataChild && dataFile == null) {
                throw new BlockException(Kind.INVALID,
                        "'data-file' is required for this image");
            }
            if (!dataChild) {
                implied.add(new ImpliedChild("data-file", ChildRole.DATA, dataFile, "raw"));
            }
        } else if (dataChild) {
            throw new BlockException(Kind.INVALID, "'data-file' can only be set for images with an"
                    + " external data file");
        } else if (header.hasRawDataFile()) {
            throw new BlockException(Kind.INVALID, "data-file-raw requires a data file");
        }
        if (backing != null && options.backing() == null) {
            implied.add(new ImpliedChild("backing", ChildRole.BACKING, backing, backingFormat));
        }
        return implied;
    }

    private void attachChildren(Qcow2Image image, ImageNames names) {
        BlockChild data = request.child("data-file");
        if (data != null) {
            image.data = new ImageFile(data, request.buffers());
        }
        if (options.backing() != null && !(options.backing() instanceof BlockdevRefOrNull.None)) {
            image.backing = request.child("backing");
        }
    }

    /** Reads a table whose size the header check has bounded. */
    private long[] awaitReadLongs(long offset, long count, String problem) throws BlockException {
        long[] values = new long[(int) count];
        if (count == 0) {
            return values;
        }
        try (BufferPool.Buffer buffer = file.awaitRead(offset, count << 3)) {
            MemorySegment.copy(buffer.segment(), Be.LONG, 0, values, 0, values.length);
        } catch (BlockException e) {
            throw new BlockException(e.kind(), problem + ": " + e.getMessage(), e);
        }
        return values;
    }

    private void awaitMapMetadata(Qcow2Image image) throws BlockException {
        MetadataMap map = image.metadata;
        Layout layout = image.layout;
        map.add(0, layout.clusterBytes(), MetadataMap.MAIN_HEADER);
        map.add(header.l1Offset(), header.l1Count() << 3, MetadataMap.ACTIVE_L1);
        map.add(header.refcountTableOffset(),
                header.refcountTableClusters() << layout.clusterBits(),
                MetadataMap.REFCOUNT_TABLE);
        for (int i = 0; i < image.l1.count(); i++) {
            long offset = L1Entry.offset(image.l1.get(i));
            map.add(offset, offset == 0 ? 0 : 1, MetadataMap.ACTIVE_L2);
        }
        for (int i = 0; i < image.refcounts.tableCount(); i++) {
            long offset = image.refcounts.tableEntry(i) & L1Entry.OFFSET_MASK;
            map.add(offset, offset == 0 ? 0 : 1, MetadataMap.REFCOUNT_BLOCK);
        }
        SnapshotTable snapshots = SnapshotTable.awaitRead(file, header);
        map.add(header.snapshotsOffset(), snapshots.bytes(), MetadataMap.SNAPSHOT_TABLE);
        mapSnapshots(image, snapshots);
        byte[] bitmaps = HeaderExtension.find(extensions, HeaderExtension.BITMAPS);
        if (bitmaps != null && (header.autoclear() & Header.AUTOCLEAR_BITMAPS) != 0) {
            BitmapsExtension decoded = BitmapsExtension.decode(bitmaps, layout.clusterBits());
            map.add(decoded.directoryOffset(), decoded.directoryBytes(),
                    MetadataMap.BITMAP_DIRECTORY);
            awaitBitmaps(image, decoded);
        }
    }

    /** What there is to show; a directory that is damaged is the check's to report. */
    private void awaitBitmaps(Qcow2Image image, BitmapsExtension bitmaps) throws BlockException {
        long end = bitmaps.directoryBytes();
        if (end == 0 || bitmaps.directoryOffset() > file.length() - end) {
            return;
        }
        try (BufferPool.Buffer directory = file.awaitRead(bitmaps.directoryOffset(), end)) {
            long at = 0;
            for (long i = 0; i < bitmaps.count() && at < end; i++) {
                BitmapDirectoryEntry entry =
                        BitmapDirectoryEntry.decode(directory.segment(), at, end);
                image.bitmaps.add(entry.info());
                at += entry.bytes();
            }
        } catch (BlockException e) {
            if (e.kind() != Kind.CORRUPT) {
                throw e;
            }
        }
    }

    /** L1 tables of snapshots; those that an entry puts outside the file are nothing to guard. */
    private void mapSnapshots(Qcow2Image image, SnapshotTable snapshots) {
        long total = 0;
        for (SnapshotHeader snapshot : snapshots.entries()) {
            image.snapshots.add(snapshot.info());
            long offset = snapshot.l1Offset();
            long bytes = snapshot.l1Count() << 3;
            total += bytes;
            if (offset >= 0 && offset <= file.length() - bytes && total <= MAX_GUARDED_L1_BYTES) {
                image.metadata.add(offset, bytes, MetadataMap.INACTIVE_L1);
            }
        }
    }

    /** Before the first write: unknown autoclear bits go, a dirty image is repaired. */
    static void awaitBecomeWritable(Qcow2Image image, ImageNames names) throws BlockException {
        if (image.isCorrupt()) {
            throw new BlockException(Kind.ACCESS,
                    "qcow2: Image is corrupt; cannot be opened read/write");
        }
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            awaitFitFile(image);
            long known = Header.AUTOCLEAR_BITMAPS | Header.AUTOCLEAR_DATA_FILE_RAW;
            if ((image.autoclear & ~known) != 0) {
                image.file.awaitWriteLongs(Header.AT_AUTOCLEAR, image.autoclear & known);
                image.file.child.flush();
                image.autoclear &= known;
            }
            image.bitmapsToForget = (image.autoclear & Header.AUTOCLEAR_BITMAPS) != 0;
        }
        if (image.isDirty()) {
            new RefcountRepair(image, names).awaitRun();
        }
        image.lazyToMark = image.settings.lazyRefcounts();
    }

    /** Tables are written whole clusters at a time, so the file must have whole clusters. */
    private static void awaitFitFile(Qcow2Image image) throws BlockException {
        long mask = image.layout.clusterMask();
        long length = image.file.length() + mask & ~mask;
        checkTable(length, "Active L1 table", image.l1.offset(), image.l1.count());
        checkTable(length, "Reference count table", image.refcounts.tableOffset(),
                image.refcounts.tableCount());
        if (image.file.length() != length) {
            image.file.child.truncate(length, true, Preallocation.OFF, 0);
        }
    }

    private static void checkTable(long length, String name, long offset, long count)
            throws BlockException {
        if (offset > length - (count << 3)) {
            throw new BlockException(Kind.CORRUPT, name + " offset " + offset
                    + " is outside the image file");
        }
    }
}
