package io.backplane.tool.img;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the arguments of {@code convert} say, checked. */
final class ConvertOptions {
    private static final int MAX_COROUTINES = 16;
    private static final long MAX_SPARSE = 16 << 20;

    final Map<String, String> create = new LinkedHashMap<>();
    List<String> sources = List.of();
    String target;
    String sourceFormat;
    String targetFormat = "raw";
    String backing;
    String backingFormat;
    CacheMode sourceCache = CacheMode.WRITEBACK;
    CacheMode targetCache = CacheMode.UNSAFE;
    long sparseBytes = 4096;
    int coroutines = 8;
    boolean exists;
    boolean showProgress;
    boolean quiet;
    boolean outOfOrder;
    boolean shared;
    boolean targetIsZero;

    /** Parses {@code args}. */
    static ConvertOptions parse(List<String> args) throws ToolException {
        ConvertOptions options = new ConvertOptions();
        Arguments given = new Arguments(args, "hf:O:B:CcF:o:l:S:pt:T:qnm:WUr:", "object=",
                "image-opts", "target-image-opts", "force-share", "target-is-zero", "salvage",
                "bitmaps", "skip-broken-bitmaps");
        for (Arguments.Given option : given.options()) {
            options.take(option);
        }
        List<String> operands = given.operands();
        if (operands.size() < 2) {
            throw new ToolException("Must specify image file name");
        }
        options.target = operands.get(operands.size() - 1);
        options.sources = operands.subList(0, operands.size() - 1);
        options.check();
        return options;
    }

    private void take(Arguments.Given option) throws ToolException {
        String value = option.value();
        switch (option.name()) {
            case "f" -> sourceFormat = value;
            case "O" -> targetFormat = value;
            case "B" -> backing = value;
            case "F" -> backingFormat = value;
            case "o" -> OptionText.parse(value, create);
            case "t" -> targetCache = cache(value, "");
            case "T" -> sourceCache = cache(value, "source ");
            case "S" -> sparseBytes = sparse(value);
            case "m" -> coroutines = coroutines(value);
            case "n" -> exists = true;
            case "p" -> showProgress = true;
            case "q" -> quiet = true;
            case "W" -> outOfOrder = true;
            case "U", "force-share" -> shared = true;
            case "target-is-zero" -> targetIsZero = true;
            case "C" -> { } // the host may copy by itself where it can: nothing to gain here
            case "c" -> throw new ToolException(
                    "Writing compressed images (-c) is not supported yet");
            case "l" -> throw new ToolException(
                    "Converting internal snapshots (-l) is not supported yet");
            case "r" -> throw new ToolException("Rate limits (-r) are not supported yet");
            default -> throw new ToolException("--" + option.name() + " is not supported yet");
        }
    }

    private void check() throws ToolException {
        if (targetIsZero && !exists) {
            throw new ToolException("--target-is-zero requires use of -n flag");
        }
        if (exists && !create.isEmpty()) {
            throw new ToolException("warning: -o has no effect when skipping image creation");
        }
        if (sources.size() > 1 && backing != null) {
            throw new ToolException("Having a backing file for the target makes no sense when"
                    + " concatenating multiple input images");
        }
        if (backing != null && backingFormat == null && !create.containsKey("backing_fmt")
                && !exists) {
            throw new ToolException("Use of backing file requires explicit backing format");
        }
    }

    /** The cache mode called {@code name}; {@code whose} is empty or "source ". */
    static CacheMode cache(String name, String whose) throws ToolException {
        CacheMode mode = CacheMode.named(name);
        if (mode == null) {
            throw new ToolException("Invalid " + whose + "cache option: " + name);
        }
        return mode;
    }

    private static long sparse(String text) throws ToolException {
        long bytes = Sizes.parse("buffer size for sparse output", text);
        if (bytes % 512 != 0 || bytes > MAX_SPARSE) {
            throw new ToolException("Invalid buffer size for sparse output specified. Valid sizes"
                    + " are multiples of 512 up to " + MAX_SPARSE + ". Select 0 to disable sparse"
                    + " detection (fully allocates output).");
        }
        return bytes;
    }

    private static int coroutines(String text) throws ToolException {
        try {
            int count = Integer.parseInt(text);
            if (count >= 1 && count <= MAX_COROUTINES) {
                return count;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new ToolException("Invalid number of coroutines. Allowed number of coroutines is"
                + " between 1 and " + MAX_COROUTINES);
    }
}
