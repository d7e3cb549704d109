package io.backplane.tool.img;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.DriverTraits;
import io.backplane.schema.Json;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;

/** Opens images above a graph for one command. Main context only. */
final class ImageSession {
    private static final String JSON = "json:";
    private static final int PROBE_BYTES = 2048;

    private final BlockGraph graph;
    private int openedCount;

    ImageSession(BlockGraph graph) {
        this.graph = graph;
    }

    BlockGraph graph() {
        return graph;
    }

    AioContext main() {
        return AioContext.current();
    }

    /** The options types of all drivers, for the parser. */
    SortedMap<String, Class<? extends Record>> optionTypes() {
        SortedMap<String, Class<? extends Record>> types = new java.util.TreeMap<>();
        graph.drivers().forEach((name, driver) -> types.put(name, driver.optionsType()));
        return types;
    }

    /** Opens an image; {@code format} null: guess. */
    OpenedImage awaitOpen(String filename, String format, OpenMode mode) throws ToolException {
        try {
            return awaitOpenImage(filename, format, mode);
        } catch (BlockException e) {
            throw new ToolException("Could not open '" + filename + "': " + e.getMessage());
        }
    }

    /** As {@link #awaitOpen}, with the block layer's own words. */
    OpenedImage awaitOpenImage(String filename, String format, OpenMode mode)
            throws BlockException {
        if (filename.startsWith(JSON)) {
            return awaitAttach(filename, adapted(parse(filename.substring(JSON.length())), mode),
                    false, mode.writable());
        }
        String driver = format != null ? format : awaitProbe(filename, mode.shared());
        return awaitAttach(filename, options(filename, driver, mode), format == null,
                mode.writable());
    }

    /** The options that the text behind {@code json:} stands for. */
    BlockdevOptions parse(String json) throws BlockException {
        try {
            Map<String, Object> tree = Json.nested(Json.parseObject(json));
            nameProtocol(tree);
            return new OptionParser(union -> optionTypes()).parse(BlockdevOptions.class, tree);
        } catch (OptionException e) {
            throw new BlockException(BlockException.Kind.INVALID, e.getMessage());
        }
    }

    /** A file name alone says that it is a file. */
    @SuppressWarnings("unchecked")
    private static void nameProtocol(Map<String, Object> options) {
        if (options.get("file") instanceof Map<?, ?> file && file.containsKey("filename")) {
            ((Map<String, Object>) file).putIfAbsent("driver", "file");
        }
    }

    private static BlockdevOptions adapted(BlockdevOptions said, OpenMode mode) {
        return new BlockdevOptions(said.driver(), null, said.discard(), said.cache(),
                said.readOnly() == null ? Boolean.valueOf(!mode.writable()) : said.readOnly(),
                said.autoReadOnly(),
                said.forceShare() == null ? Boolean.valueOf(mode.shared()) : said.forceShare(),
                said.detectZeroes(), said.options());
    }

    /** Opens a node by its options. */
    OpenedImage awaitAttach(String filename, BlockdevOptions options, boolean guessed,
            boolean writable) throws BlockException {
        int used = writable ? Permissions.READ_WRITE | BlockPermission.RESIZE.bit()
                : Permissions.READ;
        BlockBackend backend = graph.awaitAttach("img" + openedCount++,
                new BlockdevRef.Inline(options), new Permissions(used, Permissions.ALL), main());
        BlockNode node = graph.find(backend.nodeName());
        return new OpenedImage(filename, node.driver(), guessed, backend, node);
    }

    private BlockdevOptions options(String filename, String format, OpenMode mode)
            throws BlockException {
        BlockDriver driver = driver(format);
        Map<String, Object> said = new LinkedHashMap<>();
        if (driver.traits() == DriverTraits.PROTOCOL) {
            said.put("filename", path(filename));
        } else {
            said.put("file", new BlockdevRef.Inline(file(filename, mode)));
            if (!mode.backing() && OptionRecords.has(driver.optionsType(), "backing")) {
                said.put("backing", new BlockdevRefOrNull.None());
            }
        }
        return node(format, mode, OptionRecords.of(driver.optionsType(), said));
    }

    /** Options of the host file called {@code filename}. */
    private BlockdevOptions file(String filename, OpenMode mode) throws BlockException {
        return node("file", mode, OptionRecords.of(driver("file").optionsType(),
                Map.of("filename", path(filename))));
    }

    private static BlockdevOptions node(String driver, OpenMode mode, Record options) {
        return new BlockdevOptions(driver, null, io.backplane.block.DiscardMode.UNMAP, null,
                !mode.writable(), null, mode.shared(), null, options);
    }

    private BlockDriver driver(String name) throws BlockException {
        BlockDriver driver = graph.drivers().get(name);
        if (driver == null) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Unknown driver '" + name + "'");
        }
        return driver;
    }

    /** The host path of a file name. */
    static String path(String filename) throws BlockException {
        if (filename.startsWith("file:")) {
            return filename.substring(5);
        }
        int colon = filename.indexOf(':');
        int slash = filename.indexOf('/');
        if (colon > 0 && (slash < 0 || slash > colon)) {
            throw new BlockException(BlockException.Kind.UNSUPPORTED,
                    "Unknown protocol '" + filename.substring(0, colon) + "'");
        }
        return filename;
    }

    private String awaitProbe(String filename, boolean shared) throws BlockException {
        OpenedImage file = awaitAttach(filename,
                file(filename, OpenMode.reading(shared)), false, false);
        try (io.backplane.memory.BufferPool pool = new io.backplane.memory.BufferPool();
                io.backplane.memory.BufferPool.Buffer buffer = pool.take(PROBE_BYTES)) {
            long bytes = Math.min(PROBE_BYTES, file.backend().length());
            if (bytes > 0) {
                file.backend().preadv(0, bytes, buffer.vector(), 0, 0);
            }
            return surest(buffer.segment().asSlice(0, bytes));
        } finally {
            file.backend().awaitClose();
        }
    }

    private String surest(MemorySegment head) {
        String best = "raw";
        int score = 0;
        for (BlockDriver driver : graph.drivers().values()) {
            int sure = driver.traits() == DriverTraits.FORMAT ? driver.probe(head) : 0;
            if (sure > score) {
                score = sure;
                best = driver.name();
            }
        }
        return best;
    }

    /** Says what an image guessed raw cannot know of itself, before it is written to. */
    static void warnGuessedRaw(Console console, OpenedImage image) {
        if (image.guessed() && image.format().equals("raw")) {
            console.note("WARNING: Image format was not specified for '" + image.filename()
                    + "' and probing guessed raw.\n"
                    + "         Automatically detecting the format is dangerous for raw images,"
                    + " write operations on block 0 will be restricted.\n"
                    + "         Specify the 'raw' format explicitly to remove the restrictions.");
        }
    }
}
