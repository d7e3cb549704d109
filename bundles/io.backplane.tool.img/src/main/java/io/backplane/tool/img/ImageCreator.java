package io.backplane.tool.img;

import io.backplane.block.BlockException;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Creates an image from what the command line says. Messages are the file's: no prefix here. */
final class ImageCreator {
    private static final int SECTOR_BYTES = 512;

    private final ImageSession session;
    private final String filename;
    private final String format;
    private final List<CreateOption> known;
    private final Map<String, String> said = new LinkedHashMap<>();

    /**
     * Checks format and options.
     *
     * @param options what {@code -o} says, as typed
     */
    ImageCreator(ImageSession session, String filename, String format,
            Map<String, String> options) throws ToolException {
        this.session = session;
        this.filename = filename;
        this.format = format;
        if (!session.graph().drivers().containsKey(format)) {
            throw new ToolException("Unknown file format '" + format + "'");
        }
        known = CreateOption.of(format);
        if (known == null) {
            throw new ToolException("Format driver '" + format
                    + "' does not support image creation");
        }
        for (Map.Entry<String, String> option : options.entrySet()) {
            set(option.getKey(), option.getValue());
        }
    }

    private void set(String name, String value) throws ToolException {
        CreateOption option = CreateOption.find(known, name);
        if (option == null) {
            if (name.startsWith("encrypt") && format.equals("qcow2")) {
                throw new ToolException("Encrypted images are not supported (option '" + name
                        + "')");
            }
            throw new ToolException("Invalid parameter '" + name + "'");
        }
        said.put(name, option.normalised(value));
    }

    /** The size that the image gets: whole sectors. */
    private long sectorSize() {
        long bytes = Long.parseLong(said.get("size"));
        return bytes > Long.MAX_VALUE - SECTOR_BYTES ? bytes
                : (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    }

    void setSize(long bytes) {
        said.put("size", Long.toString(bytes));
    }

    boolean hasSize() {
        return said.containsKey("size");
    }

    /** The backing file as it will be stored; null: none. */
    String backingFile() {
        String file = said.get("backing_file");
        return file == null || file.isEmpty() ? null : file;
    }

    String backingFormat() {
        return said.get("backing_fmt");
    }

    void setBacking(String file, String backingFormat) throws ToolException {
        if (file != null) {
            if (CreateOption.find(known, "backing_file") == null) {
                throw new ToolException("Backing file not supported for file format '" + format
                        + "'");
            }
            if (file.isEmpty()) {
                throw new ToolException("Expected backing file name, got empty string");
            }
            set("backing_file", file);
        }
        if (backingFormat != null) {
            if (CreateOption.find(known, "backing_fmt") == null) {
                throw new ToolException("Backing format not supported for file format '" + format
                        + "'");
            }
            set("backing_fmt", backingFormat);
        }
    }

    /**
     * Opens the backing file to see that it is there, and takes its size if none was said.
     *
     * @param trust do not look unless the size is needed
     */
    void awaitBacking(boolean trust) throws ToolException {
        String file = backingFile();
        if (file == null) {
            return;
        }
        if (file.equals(filename)) {
            throw new ToolException("Error: Trying to create an image with the same filename as"
                    + " the backing file");
        }
        if (trust && hasSize()) {
            return;
        }
        String path = ImageDescription.resolve(filename, file);
        String backing = backingFormat();
        String found;
        long bytes;
        try {
            OpenedImage image = session.awaitOpenImage(path, backing, OpenMode.alone(true));
            found = image.format();
            bytes = image.backend().length();
            image.backend().awaitClose();
        } catch (BlockException e) {
            throw new ToolException(e.getMessage() + "\nCould not open backing image.");
        }
        if (backing == null) {
            throw new ToolException("Backing file specified without backing format\nDetected"
                    + " format of " + found + ".");
        }
        if (!hasSize()) {
            setSize(bytes);
        }
    }

    void requireSize() throws ToolException {
        if (!hasSize()) {
            throw new ToolException("Image creation needs a size parameter");
        }
    }

    /** The line that says what will be created. */
    String announcement() {
        StringBuilder out = new StringBuilder("Formatting '").append(filename).append("', fmt=")
                .append(format);
        for (CreateOption option : known) {
            String value = said.getOrDefault(option.name(), option.preset());
            if (value != null) {
                out.append(' ').append(option.name()).append('=').append(value);
            }
        }
        return out.toString();
    }

    /** Creates the host files and the image in them. */
    void awaitCreate() throws ToolException {
        try {
            boolean plain = !format.equals("qcow2");
            String data = said.get("data_file");
            if (!plain && "on".equals(said.get("data_file_raw")) && data == null) {
                throw new ToolException("data-file-raw requires data-file");
            }
            awaitFile(filename, plain);
            if (!plain) {
                if (data != null) {
                    awaitFile(data, false);
                }
                awaitFormat(data);
            }
        } catch (OptionException e) {
            throw new ToolException(e.getMessage());
        } catch (BlockException e) {
            throw new ToolException(e.kind() != BlockException.Kind.RANGE ? e.getMessage()
                    : "The image size is too large for file format '" + format + "'"
                            + (known.get(0).name().equals("cluster_size")
                                    ? " (try using a larger cluster size)" : ""));
        }
    }

    private void awaitFile(String name, boolean sized) throws BlockException, OptionException {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("filename", ImageSession.path(name));
        tree.put("size", sized ? sectorSize() : 0L);
        if (sized && said.containsKey("preallocation")) {
            tree.put("preallocation", said.get("preallocation"));
        }
        if (said.containsKey("nocow")) {
            tree.put("nocow", said.get("nocow").equals("on"));
        }
        awaitCreate("file", tree);
    }

    private void awaitFormat(String data) throws BlockException, OptionException {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("file", Map.of("driver", "file", "filename", ImageSession.path(filename)));
        if (data != null) {
            tree.put("data-file", Map.of("driver", "file", "filename", ImageSession.path(data)));
        }
        for (CreateOption option : known) {
            String value = said.get(option.name());
            if (value != null && option.wireName() != null) {
                tree.put(option.wireName(), option.value(value));
            }
        }
        tree.put("size", sectorSize());
        awaitCreate(format, tree);
    }

    private void awaitCreate(String driver, Map<String, Object> tree)
            throws BlockException, OptionException {
        Class<? extends Record> type = session.graph().drivers().get(driver).createOptionsType();
        OptionParser parser = new OptionParser(union -> session.optionTypes());
        session.graph().awaitCreate(driver, parser.parse(type, tree), (done, total) -> { });
    }
}
