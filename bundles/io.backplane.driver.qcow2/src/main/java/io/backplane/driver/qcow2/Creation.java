package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.CreateRequest;
import io.backplane.block.spi.NodeNotices;
import io.backplane.block.spi.OpenRequest;
import io.backplane.memory.BufferPool;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Creates an image: an empty one of header, refcount table and one refcount block, which is then
 * opened and resized like any other.
 */
final class Creation {
    private static final int DEFAULT_CLUSTER_BYTES = 65536;
    private static final int SECTOR_BYTES = 512;
    private static final int FIRST_CLUSTERS = 3;

    // Immutable
    private final CreateRequest request;
    private final Qcow2CreateOptions options;
    private final boolean v2;
    private final boolean extendedL2;
    private final boolean rawDataFile;

    Creation(CreateRequest request, Qcow2CreateOptions options) {
        this.request = request;
        this.options = options;
        v2 = options.version() == Qcow2Version.V2;
        extendedL2 = Boolean.TRUE.equals(options.extendedL2());
        rawDataFile = Boolean.TRUE.equals(options.dataFileRaw());
    }

    void awaitRun() throws BlockException {
        int clusterBits = checkedClusterBits();
        Preallocation mode = checkedPreallocation();
        int refcountOrder = checkedRefcountOrder();
        checkRest();
        BlockChild file = request.awaitOpen(options.file());
        BlockChild data = options.dataFile() == null ? null
                : request.awaitOpen(options.dataFile());
        Header header = header(clusterBits, refcountOrder);
        awaitWriteEmpty(file, data, header);
        Qcow2Node node = Opening.awaitOpen(new Request(file, data));
        try {
            try {
                node.truncate(options.size(), true, mode, 0);
            } catch (BlockException e) {
                throw new BlockException(e.kind(), "Could not resize image: " + e.getMessage(),
                        e);
            }
            node.awaitShutdown();
        } finally {
            node.close();
        }
        if (options.backingFile() != null) {
            awaitWriteHead(file, data, header);
        }
        file.flush();
        request.progress(options.size(), options.size());
    }

    private int checkedClusterBits() throws BlockException {
        if (options.size() < 0 || options.size() % SECTOR_BYTES != 0) {
            throw invalid("Image size must be a multiple of " + SECTOR_BYTES + " bytes");
        }
        if (extendedL2 && v2) {
            throw invalid("Extended L2 entries are only supported with compatibility level 1.1 and"
                    + " above (use version=v3 or greater)");
        }
        long bytes = options.clusterSize() == null ? DEFAULT_CLUSTER_BYTES : options.clusterSize();
        int bits = Long.numberOfTrailingZeros(bytes);
        if (Long.bitCount(bytes) != 1 || bits < Header.MIN_CLUSTER_BITS
                || bits > Header.MAX_CLUSTER_BITS) {
            throw invalid("Cluster size must be a power of two between 512 and 2048k");
        }
        if (extendedL2 && bits < 14) {
            throw invalid("Extended L2 entries are only supported with cluster sizes of at least"
                    + " 16384 bytes");
        }
        return bits;
    }

    private Preallocation checkedPreallocation() throws BlockException {
        Preallocation mode = options.preallocation() == null ? Preallocation.OFF
                : options.preallocation();
        if (options.backingFile() != null && mode != Preallocation.OFF && !extendedL2) {
            throw invalid("Backing file and preallocation can only be used at the same time if"
                    + " extended_l2 is on");
        }
        if (options.backingFmt() != null && options.backingFile() == null) {
            throw invalid("Backing format cannot be used without backing file");
        }
        return rawDataFile && mode == Preallocation.OFF ? Preallocation.METADATA : mode;
    }

    private int checkedRefcountOrder() throws BlockException {
        if (v2 && Boolean.TRUE.equals(options.lazyRefcounts())) {
            throw invalid("Lazy refcounts only supported with compatibility level 1.1 and above"
                    + " (use version=v3 or greater)");
        }
        int bits = options.refcountBits() == null ? 16 : options.refcountBits();
        if (bits < 1 || bits > 64 || Integer.bitCount(bits) != 1) {
            throw invalid("Refcount width must be a power of two and may not exceed 64 bits");
        }
        if (v2 && bits != 16) {
            throw invalid("Different refcount widths than 16 bits require compatibility level 1.1"
                    + " or above (use version=v3 or greater)");
        }
        return Integer.numberOfTrailingZeros(bits);
    }

    private void checkRest() throws BlockException {
        if (options.encrypt() != null) {
            throw new BlockException(Kind.UNSUPPORTED, "Encrypted qcow2 images (format '"
                    + options.encrypt().format() + "') are not supported");
        }
        if (rawDataFile && options.dataFile() == null) {
            throw invalid("data-file-raw requires data-file");
        }
        if (rawDataFile && options.backingFile() != null) {
            throw invalid("Backing file and data-file-raw cannot be used at the same time");
        }
        if (options.dataFile() != null && v2) {
            throw invalid("External data files are only supported with compatibility level 1.1 and"
                    + " above (use version=v3 or greater)");
        }
        if (compression() != 0 && v2) {
            throw invalid("Non-zlib compression type is only supported with compatibility level"
                    + " 1.1 and above (use version=v3 or greater)");
        }
        if (options.backingFile() != null && options.backingFile().getBytes(
                StandardCharsets.UTF_8).length > Header.MAX_BACKING_FILE_BYTES) {
            throw invalid("Backing file name too long");
        }
    }

    private static BlockException invalid(String message) {
        return new BlockException(Kind.INVALID, message);
    }

    private int compression() {
        return options.compressionType() == null ? 0 : options.compressionType().ordinal();
    }

    private Header header(int clusterBits, int refcountOrder) {
        long incompatible = (options.dataFile() == null ? 0 : Header.INCOMPATIBLE_DATA_FILE)
                | (compression() == 0 ? 0 : Header.INCOMPATIBLE_COMPRESSION)
                | (extendedL2 ? Header.INCOMPATIBLE_EXTENDED_L2 : 0);
        boolean lazy = Boolean.TRUE.equals(options.lazyRefcounts());
        return new Header(v2 ? 2 : 3, 0, 0, clusterBits, 0, 0, 0, 0, 1L << clusterBits, 1, 0, 0,
                incompatible, lazy ? Header.COMPATIBLE_LAZY_REFCOUNTS : 0,
                rawDataFile ? Header.AUTOCLEAR_DATA_FILE_RAW : 0, refcountOrder,
                v2 ? Header.V2_BYTES : Header.OWN_BYTES, compression());
    }

    private List<HeaderExtension> extensions(BlockChild data) {
        List<HeaderExtension> all = new ArrayList<>();
        if (options.backingFmt() != null) {
            all.add(new HeaderExtension(HeaderExtension.BACKING_FORMAT,
                    options.backingFmt().getBytes(StandardCharsets.UTF_8)));
        }
        if (data != null && !data.filename().isEmpty()) {
            all.add(new HeaderExtension(HeaderExtension.DATA_FILE,
                    data.filename().getBytes(StandardCharsets.UTF_8)));
        }
        if (!v2) {
            all.add(new HeaderExtension(HeaderExtension.FEATURE_NAMES,
                    FeatureNameTable.OWN.encode()));
        }
        return all;
    }

    private void awaitWriteEmpty(BlockChild file, BlockChild data, Header header)
            throws BlockException {
        try {
            file.truncate(0, false, Preallocation.OFF, 0);
        } catch (BlockException e) {
            if (e.kind() != Kind.UNSUPPORTED) {
                throw e;
            }
        }
        long cluster = 1L << header.clusterBits();
        long bytes = FIRST_CLUSTERS * cluster;
        new ImageFile(file, request.buffers()).awaitUse(0, bytes);
        try (BufferPool.Buffer buffer = request.buffers().take(bytes)) {
            MemorySegment all = buffer.segment();
            all.fill((byte) 0);
            encodeHead(all.asSlice(0, cluster), header, extensions(data));
            all.set(Be.LONG, cluster, 2 * cluster);
            for (int i = 0; i < FIRST_CLUSTERS; i++) {
                RefcountBlock.set(all.asSlice(2 * cluster, cluster), header.refcountOrder(), i,
                        1);
            }
            file.pwritev(0, bytes, buffer.vector(), 0, 0);
        }
    }

    private void encodeHead(MemorySegment head, Header header, List<HeaderExtension> extensions)
            throws BlockException {
        byte[] name = options.backingFile() == null ? new byte[0]
                : options.backingFile().getBytes(StandardCharsets.UTF_8);
        List<HeaderExtension> fitting = new ArrayList<>(extensions);
        // Small clusters have no room for everything; the names are the one optional part.
        if (bytes(header, fitting) + name.length > head.byteSize()) {
            fitting.removeIf(e -> e.type() == HeaderExtension.FEATURE_NAMES);
        }
        if (bytes(header, fitting) + name.length > head.byteSize()) {
            throw new BlockException(Kind.NO_SPACE, "Could not update qcow2 header: names do not"
                    + " fit into one cluster of " + head.byteSize() + " bytes");
        }
        header.encode(head);
        long end = HeaderExtension.encodeAll(fitting, head, header.encodedBytes());
        if (name.length > 0) {
            MemorySegment.copy(name, 0, head, Be.BYTE, end, name.length);
            head.set(Be.LONG, 8, end);
            head.set(Be.INT, 16, name.length);
        }
    }

    private static long bytes(Header header, List<HeaderExtension> extensions) {
        long bytes = header.encodedBytes() + 8;
        for (HeaderExtension extension : extensions) {
            bytes += 8 + (extension.data().length + 7 & ~7);
        }
        return bytes;
    }

    /** Writes the header again, now with the backing file, which the open above must not need. */
    private void awaitWriteHead(BlockChild file, BlockChild data, Header first)
            throws BlockException {
        long cluster = 1L << first.clusterBits();
        try (BufferPool.Buffer buffer = request.buffers().take(cluster)) {
            file.preadv(0, cluster, buffer.vector(), 0, 0);
            Header now = Header.decode(buffer.segment());
            buffer.segment().fill((byte) 0);
            encodeHead(buffer.segment(), now, extensions(data));
            file.pwritev(0, cluster, buffer.vector(), 0, 0);
        }
    }

    /** Opens the new image on the children of the creation. */
    private final class Request implements OpenRequest {
        private final BlockChild file;
        private final BlockChild data;

        Request(BlockChild file, BlockChild data) {
            this.file = file;
            this.data = data;
        }

        @Override
        public Record options() {
            return new Qcow2Options(options.file(), new BlockdevRefOrNull.None(), false, null,
                    null, null, null, null, null, null, null, 0L, null, options.dataFile());
        }

        @Override
        public String nodeName() {
            return "";
        }

        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public boolean direct() {
            return false;
        }

        @Override
        public boolean noFlush() {
            return false;
        }

        @Override
        public boolean unmap() {
            return false;
        }

        @Override
        public boolean forceShare() {
            return false;
        }

        @Override
        public BlockChild child(String name) {
            return switch (name) {
                case "file" -> file;
                case "data-file" -> data;
                default -> null;
            };
        }

        @Override
        public BufferPool buffers() {
            return request.buffers();
        }

        @Override
        public NodeNotices notices() {
            return new Silent();
        }
    }

    /** Nobody listens to an image that is being made. */
    private static final class Silent implements NodeNotices {
        @Override
        public void lengthChanged() {
        }

        @Override
        public void limitsChanged() {
        }

        @Override
        public void imageCorrupted(String message, long offset, long bytes, boolean fatal) {
        }
    }
}
