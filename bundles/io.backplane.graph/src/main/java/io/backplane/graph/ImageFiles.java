package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.graph.JsonFilenames;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.memory.BufferPool;
import java.lang.foreign.MemorySegment;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens images by file name: paths, {@code file:} and {@code json:} names, names relative to
 * another image's folder; finds the format by probing where none is given.
 */
final class ImageFiles {
    private static final Logger LOG = LoggerFactory.getLogger(ImageFiles.class);
    private static final int PROBE_BYTES = 2048;
    private static final Pattern PROTOCOL = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):.*",
            Pattern.DOTALL);

    // Immutable
    private final Graph graph;

    // Global state
    private JsonFilenames json;
    private Predicate<ImpliedChild> wanted = _ -> true;

    ImageFiles(Graph graph) {
        this.graph = graph;
    }

    void setJson(JsonFilenames parser) {
        json = parser;
    }

    void setImplied(Predicate<ImpliedChild> children) {
        wanted = children;
    }

    /** Whether a child that an image names is to be opened. */
    boolean wants(ImpliedChild implied) {
        return wanted.test(implied);
    }

    /** Opens an image as the tools do. */
    Node awaitOpen(String filename, String format, boolean writable, boolean forceShare)
            throws BlockException {
        BlockdevOptions base = new BlockdevOptions(null, null, null, null, !writable, null,
                forceShare, null, null);
        return awaitOpen(filename, format, base, null, null);
    }

    /** Opens what an image names. */
    Node awaitOpenImplied(Node parent, ImpliedChild implied) throws BlockException {
        String filename = resolve(parent.filename(), implied.filename());
        return awaitOpen(filename, implied.format(), BlockdevOptions.of(null, null, null), parent,
                implied.role());
    }

    /** {@code filename} as seen from the folder of {@code image}. */
    static String resolve(String image, String filename) {
        if (filename.startsWith("/") || PROTOCOL.matcher(filename).matches()) {
            return filename;
        }
        int slash = image.lastIndexOf('/');
        return slash < 0 ? filename : image.substring(0, slash + 1) + filename;
    }

    private Node awaitOpen(String filename, String format, BlockdevOptions base, Node parent,
            ChildRole role) throws BlockException {
        if (filename.startsWith("json:")) {
            if (json == null) {
                throw new BlockException(BlockException.Kind.UNSUPPORTED,
                        "json: file names are not supported here: " + filename);
            }
            return graph.opener.awaitOpen(merge(json.parse(filename.substring(5)), base), parent,
                    role);
        }
        BlockdevOptions file = fileOptions(filename, base);
        String driver = format != null ? format : awaitProbe(file, parent, role);
        BlockDriver found = graph.drivers.require(driver).driver();
        if (found.traits() == DriverTraits.PROTOCOL) {
            return graph.opener.awaitOpen(merge(BlockdevOptions.of(driver, null,
                    OptionChildren.with(found.optionsType(), "filename",
                            file.options() == null ? filename : plain(filename))), base),
                    parent, role);
        }
        Record options = OptionChildren.with(found.optionsType(), "file",
                new BlockdevRef.Inline(BlockdevOptions.of(file.driver(), null, file.options())));
        return graph.opener.awaitOpen(merge(BlockdevOptions.of(driver, null, options), base),
                parent, role);
    }

    private static BlockdevOptions merge(BlockdevOptions said, BlockdevOptions base) {
        return new BlockdevOptions(said.driver(), said.nodeName(), said.discard(), said.cache(),
                said.readOnly() == null ? base.readOnly() : said.readOnly(), said.autoReadOnly(),
                said.forceShare() == null ? base.forceShare() : said.forceShare(),
                said.detectZeroes(), said.options());
    }

    private BlockdevOptions fileOptions(String filename, BlockdevOptions base)
            throws BlockException {
        String path = plain(filename);
        BlockDriver file = graph.drivers.require("file").driver();
        return new BlockdevOptions("file", null, null, null, base.readOnly(), null,
                base.forceShare(), null,
                OptionChildren.with(file.optionsType(), "filename", path));
    }

    private static String plain(String filename) throws BlockException {
        if (filename.startsWith("file:")) {
            return filename.substring(5);
        }
        Matcher protocol = PROTOCOL.matcher(filename);
        int slash = filename.indexOf('/');
        if (protocol.matches() && (slash < 0 || slash > protocol.end(1))) {
            throw new BlockException(BlockException.Kind.UNSUPPORTED,
                    "Unknown protocol '" + protocol.group(1) + "'");
        }
        return filename;
    }

    /** The format whose driver is surest; raw if none knows it. */
    private String awaitProbe(BlockdevOptions file, Node parent, ChildRole role)
            throws BlockException {
        BlockdevOptions reading = new BlockdevOptions(file.driver(), null, null, null, true, null,
                parent == null ? file.forceShare() : Boolean.valueOf(parent.settings.forceShare()),
                null, file.options());
        Node node = graph.opener.awaitOpen(reading, null, null);
        try {
            String format = awaitProbe(node);
            if (parent != null) {
                LOG.warn("{}: the format of '{}' is not recorded in the image; found {}", parent,
                        node.filename(), format);
            }
            return format;
        } finally {
            graph.closer.awaitCloseUnused(node);
        }
    }

    private String awaitProbe(Node node) throws BlockException {
        String best = "raw";
        int score = 0;
        try (BufferPool.Buffer buffer = graph.buffers.take(PROBE_BYTES)) {
            long bytes = Math.min(PROBE_BYTES, node.length());
            node.preadv(0, bytes, buffer.vector(), 0, 0);
            MemorySegment head = buffer.segment().asSlice(0, bytes);
            for (BlockDriver driver : graph.drivers.all().values()) {
                int sure = driver.traits() == DriverTraits.FORMAT ? driver.probe(head) : 0;
                if (sure > score) {
                    score = sure;
                    best = driver.name();
                }
            }
        }
        return best;
    }

}
