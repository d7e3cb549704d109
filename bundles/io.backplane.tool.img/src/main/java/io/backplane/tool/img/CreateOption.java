package io.backplane.tool.img;

import java.util.List;

/**
 * An option of {@code -o} when an image is created, under the name people type.
 *
 * @param preset its value if nobody says another; null: none
 * @param wireName its name in blockdev-create; null: not passed on by name
 */
record CreateOption(String name, Type type, String preset, String wireName, String help) {
    enum Type {
        TEXT("<str>"), SIZE("<size>"), SWITCH("<bool (on/off)>"), NUMBER("<num>");

        final String shown;

        Type(String shown) {
            this.shown = shown;
        }
    }

    private static final List<String> ON = List.of("on", "yes", "true", "y");
    private static final List<String> OFF = List.of("off", "no", "false", "n");
    private static final CreateOption SIZE =
            new CreateOption("size", Type.SIZE, null, "size", "Virtual disk size");
    private static final CreateOption NOCOW = new CreateOption("nocow", Type.SWITCH, null, null,
            "Turn off copy-on-write (valid only on btrfs)");
    private static final CreateOption HINT = new CreateOption("extent_size_hint", Type.SIZE, null,
            null, "Extent size hint for the image file, 0 to disable");

    /** In the order in which they are shown when an image is created. */
    private static final List<CreateOption> QCOW2 = List.of(
            new CreateOption("cluster_size", Type.SIZE, "65536", "cluster-size",
                    "qcow2 cluster size"),
            new CreateOption("extended_l2", Type.SWITCH, "off", "extended-l2",
                    "Extended L2 tables"),
            new CreateOption("preallocation", Type.TEXT, null, "preallocation",
                    "Preallocation mode (allowed values: off, metadata, falloc, full)"),
            new CreateOption("compression_type", Type.TEXT, "zlib", "compression-type",
                    "Compression method used for image cluster compression"),
            SIZE,
            new CreateOption("compat", Type.TEXT, null, "version",
                    "Compatibility level (v2 [0.10] or v3 [1.1])"),
            new CreateOption("backing_file", Type.TEXT, null, "backing-file",
                    "File name of a base image"),
            new CreateOption("backing_fmt", Type.TEXT, null, "backing-fmt",
                    "Image format of the base image"),
            new CreateOption("data_file", Type.TEXT, null, null,
                    "File name of an external data file"),
            new CreateOption("data_file_raw", Type.SWITCH, null, "data-file-raw",
                    "The external data file must stay valid as a raw image"),
            new CreateOption("lazy_refcounts", Type.SWITCH, "off", "lazy-refcounts",
                    "Postpone refcount updates"),
            new CreateOption("refcount_bits", Type.NUMBER, "16", "refcount-bits",
                    "Width of a reference count entry in bits"),
            NOCOW, HINT);

    private static final List<CreateOption> RAW = List.of(SIZE, NOCOW,
            new CreateOption("preallocation", Type.TEXT, null, "preallocation",
                    "Preallocation mode (allowed values: off, falloc, full)"),
            HINT);

    /** The options of a format; null: images of that format cannot be created. */
    static List<CreateOption> of(String format) {
        return switch (format) {
            case "qcow2" -> QCOW2;
            case "raw", "file" -> RAW;
            default -> null;
        };
    }

    static CreateOption find(List<CreateOption> options, String name) {
        for (CreateOption option : options) {
            if (option.name.equals(name)) {
                return option;
            }
        }
        return null;
    }

    /** {@code text} in the form in which it is shown and kept. */
    String normalised(String text) throws ToolException {
        return switch (type) {
            case TEXT -> text;
            case SWITCH -> {
                if (!ON.contains(text) && !OFF.contains(text)) {
                    throw new ToolException("Parameter '" + name + "' expects 'on' or 'off'");
                }
                yield text;
            }
            case NUMBER -> {
                if (text.isEmpty() || text.length() > 18
                        || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
                    throw new ToolException("Parameter '" + name + "' expects a number");
                }
                yield text;
            }
            case SIZE -> {
                long bytes = io.backplane.schema.Size.parse(text);
                if (bytes < 0) {
                    throw new ToolException("Parameter '" + name
                            + "' expects a non-negative number below 2^64\n"
                            + "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-,"
                            + " tera-, peta-\nand exabytes, respectively.");
                }
                yield Long.toString(bytes);
            }
        };
    }

    /** The value as part of a tree for blockdev-create. */
    Object value(String normalised) {
        return switch (type) {
            case TEXT -> name.equals("compat") ? version(normalised) : normalised;
            case SWITCH -> ON.contains(normalised);
            case SIZE, NUMBER -> Long.parseLong(normalised);
        };
    }

    private static String version(String compat) {
        return switch (compat) {
            case "0.10" -> "v2";
            case "1.1" -> "v3";
            default -> compat;
        };
    }

    /**
     * What {@code -o help} shows of a format's options.
     *
     * @param withFile whether a file name was given, so that the host file's options count too
     */
    static String help(String format, boolean withFile) {
        StringBuilder out = new StringBuilder(withFile ? "Supported options:\n"
                : "Supported " + format + " options:\n");
        of(format).stream().filter(option -> withFile || !option.isOfFile(format))
                .sorted(java.util.Comparator.comparing(CreateOption::name))
                .forEach(option -> {
                    String left = "  " + option.name + "=" + option.type.shown;
                    out.append(left).repeat(' ', Math.max(0, 24 - left.length())).append(" - ")
                            .append(option.help).append('\n');
                });
        return withFile ? out.toString() : out.append(
                "\nThe protocol level may support further options.\n"
                        + "Specify the target filename to include those options.\n").toString();
    }

    private boolean isOfFile(String format) {
        return this == NOCOW || this == HINT
                || format.equals("raw") && name.equals("preallocation");
    }
}
