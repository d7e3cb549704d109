package io.backplane.driver.qcow2;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.ImageInfo;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.CheckableNode;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.block.spi.OpenRequest;
import io.backplane.block.spi.Reopen;
import io.backplane.memory.IoVector;
import java.util.List;

/** An open qcow2 node: the entry points of the graph. */
final class Qcow2Node implements DriverNode, CheckableNode {
    private static final long DISCARD_MAX_BYTES = 1L << 30;

    // Immutable
    private final Qcow2Image image;
    private final Reader reader;
    private final Sparseness sparseness;
    private final Writer writer;
    private final Eraser eraser;
    private final Resizer resizer;
    private final ImageNames names;
    private final boolean lazyInHeader;
    private final CoMutex preparing = new CoMutex("the preparation of a qcow2 image");
    private final AioTimer cleaner;
    private final AioContext home;

    Qcow2Node(Qcow2Image image, Header header, ImageNames names) {
        this.image = image;
        this.names = names;
        lazyInHeader = (header.compatible() & Header.COMPATIBLE_LAZY_REFCOUNTS) != 0;
        AllocationList allocations = new AllocationList(image.lock, header.clusterBits());
        sparseness = new Sparseness(image);
        reader = new Reader(image, Decompressor.of(header.compressionType()));
        writer = new Writer(image, reader, allocations);
        eraser = new Eraser(image, allocations);
        resizer = new Resizer(image, reader, writer, eraser, header.snapshotCount() > 0);
        home = AioContext.current();
        cleaner = home.newPeriodicTimer("qcow2 cache clean", this::cleanCaches);
        armCleaner();
    }

    private void armCleaner() {
        long interval = image.settings.cleanIntervalNs();
        if (interval > 0) {
            cleaner.armAt(home.nowNs() + interval);
        }
    }

    private void cleanCaches() {
        CoMutex.Held held = image.lock.tryLock();
        if (held != null) {
            try {
                image.l2.cache.dropUnused();
                image.refcounts.cache.dropUnused();
            } finally {
                held.close();
            }
        }
        armCleaner();
    }

    Qcow2Image image() {
        return image;
    }

    @Override
    public long length() {
        return image.size;
    }

    @Override
    public BlockLimits limits() {
        long unit = 1L << image.layout.unitBits();
        return BlockLimits.NONE
                .withDiscard(image.layout.clusterBytes(), DISCARD_MAX_BYTES, unit,
                        DISCARD_MAX_BYTES)
                .withFlags(0, RequestFlags.MAY_UNMAP | RequestFlags.NO_FALLBACK);
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        image.checkUsable();
        reader.preadv(offset, bytes, iov, from, flags);
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        awaitBeforeChange();
        writer.pwritev(offset, bytes, iov, from, flags);
    }

    private void awaitBeforeChange() throws BlockException {
        image.checkUsable();
        if (image.readOnly) {
            throw new BlockException(Kind.READ_ONLY, "qcow2 image is open read-only");
        }
        if (image.unprepared) {
            awaitPrepareToWrite();
        }
        if (image.bitmapsToForget) {
            image.awaitForgetBitmaps();
        }
    }

    private void awaitPrepareToWrite() throws BlockException {
        try (CoMutex.Held _ = preparing.awaitLock()) {
            if (image.unprepared) {
                Opening.awaitBecomeWritable(image, names);
                image.unprepared = false;
            }
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        awaitBeforeChange();
        eraser.awaitZero(offset, bytes, flags);
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        awaitBeforeChange();
        eraser.awaitDiscard(offset, bytes);
    }

    @Override
    public void flush() throws BlockException {
        image.checkUsable();
        image.writeBack.awaitFlush();
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        image.checkUsable();
        sparseness.awaitKnown();
        return reader.awaitStatus(offset, bytes);
    }

    @Override
    public void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        awaitBeforeChange();
        resizer.awaitTruncate(length, preallocation);
    }

    @Override
    public long allocatedBytes() throws BlockException {
        long bytes = image.file.child.allocatedBytes();
        ImageFile data = image.data;
        if (bytes >= 0 && data != null && data != image.file) {
            long more = data.child.allocatedBytes();
            return more < 0 ? -1 : bytes + more;
        }
        return bytes;
    }

    @Override
    public ImageInfo imageInfo() {
        Layout layout = image.layout;
        boolean v3 = layout.version() >= 3;
        List<Qcow2BitmapInfo> bitmaps = (image.autoclear & Header.AUTOCLEAR_BITMAPS) == 0
                ? List.of() : List.copyOf(image.bitmaps);
        Qcow2Info info = new Qcow2Info(v3 ? "1.1" : "0.10", names.dataFile(),
                layout.dataFile() ? image.rawDataFile : null, v3 ? layout.extendedL2() : null,
                v3 ? lazyInHeader : null, v3 ? image.isCorrupt() : null,
                bitmaps.isEmpty() ? null : bitmaps, 1 << layout.refcountOrder(), names.compression());
        return new ImageInfo(layout.clusterBytes(), image.isDirty(), names.backingFile(),
                names.backingFormat(), false, null, info, List.copyOf(image.snapshots));
    }

    @Override
    public boolean hidesHolesBelow() {
        return !sparseness.isSparse();
    }

    @Override
    public List<ImpliedChild> impliedChildren() {
        return names.implied();
    }

    @Override
    public void childAttached(BlockChild child) {
        switch (child.name()) {
            case "backing" -> image.backing = child;
            case "data-file" -> image.data = new ImageFile(child, image.buffers);
            default -> throw new AssertionError("qcow2 has no child " + child.name());
        }
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        boolean write = !image.wantsReadOnly;
        return switch (role) {
            case BACKING -> new Permissions(parents.used() & Permissions.READ,
                    (parents.shared() & 2) != 0 ? Permissions.ALL : 1 | 4);
            case DATA -> new Permissions(Permissions.READ | (write ? 2 | 8 : 0),
                    parents.shared() & ~8);
            default -> new Permissions(Permissions.READ | (write ? 2 | 8 : 0),
                    parents.shared() & ~(2 | 8) | 4);
        };
    }

    @Override
    public ChildRole childRole(String childName) {
        return switch (childName) {
            case "file" -> ChildRole.IMAGE;
            case "data-file" -> ChildRole.DATA;
            case "backing" -> ChildRole.BACKING;
            default -> throw new AssertionError("qcow2 has no child " + childName);
        };
    }

    @Override
    public void awaitSetReadOnly(boolean readOnly) throws BlockException {
        if (readOnly && !image.readOnly) {
            awaitQuiesce();
        }
        image.unprepared = !readOnly && (image.readOnly || image.unprepared);
        image.readOnly = readOnly;
        image.wantsReadOnly = readOnly;
    }

    @Override
    public Reopen awaitReopen(OpenRequest request) throws BlockException {
        Qcow2Options options = (Qcow2Options) request.options();
        CacheSettings settings = CacheSettings.of(options, names.header(), request)
                .asChangeOf(image.settings, options);
        if (!request.readOnly() && image.isCorrupt()) {
            throw new BlockException(Kind.ACCESS,
                    "qcow2: Image is corrupt; cannot be opened read/write");
        }
        if (!image.readOnly && !image.unprepared) {
            awaitQuiesce();
        }
        image.wantsReadOnly = request.readOnly();
        return new Reopen() {
            @Override
            public void commit() {
                commitReopen(request, options, settings);
            }

            @Override
            public void rollBack() {
                image.wantsReadOnly = image.readOnly;
            }
        };
    }

    private void commitReopen(OpenRequest request, Qcow2Options options,
            CacheSettings settings) {
        image.settings = settings;
        image.noFlush = request.noFlush();
        image.l2.cache.capacity(settings.l2Slices());
        image.refcounts.cache.capacity(settings.refcountBlocks());
        if (options.backing() instanceof BlockdevRefOrNull.None) {
            image.backing = null;
        } else if (options.backing() != null) {
            image.backing = request.child("backing");
        }
        // Also for a writable node: the dirty mark of lazy refcounts starts anew.
        image.unprepared = !request.readOnly();
        image.readOnly = request.readOnly();
    }

    private void awaitQuiesce() throws BlockException {
        image.checkUsable();
        awaitGiveBack();
        image.writeBack.awaitFlushAll();
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            image.awaitMarkClean();
            image.file.awaitTrim();
        }
    }

    private void awaitGiveBack() throws BlockException {
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            image.reserve.awaitGiveBack();
        }
    }

    @Override
    public CheckResult awaitCheck(CheckReport report) throws BlockException {
        if (!image.readOnly) {
            awaitGiveBack();
            image.writeBack.awaitFlushAll();
        }
        return new Qcow2Check(image, names, report).awaitRun();
    }

    @Override
    public void drainedBegin() {
        cleaner.disarm();
    }

    @Override
    public void drainedEnd() {
        armCleaner();
    }

    @Override
    public void awaitShutdown() throws BlockException {
        if (!image.readOnly && image.data != null) {
            awaitQuiesce();
        }
    }

    @Override
    public void close() {
        cleaner.close();
    }
}
