package io.backplane.tool.img;

import io.backplane.block.BlockException;
import io.backplane.block.spi.CheckableNode;
import io.backplane.block.spi.CheckableNode.CheckResult;
import io.backplane.schema.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code check}: the consistency of an image's metadata. */
final class CheckCommand {
    private static final int CORRUPT = 2;
    private static final int LEAKS = 3;
    private static final int UNSUPPORTED = 63;

    private final Console console;
    private String format;
    private OutputFormat output = OutputFormat.HUMAN;
    private CacheMode cache = CacheMode.WRITEBACK;
    private boolean quiet;
    private boolean shared;

    CheckCommand(Console console) {
        this.console = console;
    }

    int run(List<String> args) throws ToolException {
        Arguments given = new Arguments(args, "f:r:T:qU", "output=", "repair=", "force-share");
        for (Arguments.Given option : given.options()) {
            switch (option.name()) {
                case "f" -> format = option.value();
                case "output" -> output = OutputFormat.named(option.value());
                case "T" -> cache = ConvertOptions.cache(option.value(), "source ");
                case "q" -> quiet = true;
                case "r", "repair" -> throw refusal(option.value());
                default -> shared = true;
            }
        }
        if (given.operands().size() != 1) {
            throw ToolException.usage("Expecting one image file name");
        }
        String filename = given.operands().get(0);
        return ImageHost.quick().run(session -> awaitCheck(session, filename));
    }

    private static ToolException refusal(String what) {
        return what.equals("leaks") || what.equals("all")
                ? new ToolException("Repairing images is not supported yet")
                : ToolException.usage("Unknown option value for -r (expecting 'leaks' or 'all'): "
                        + what);
    }

    private int awaitCheck(ImageSession session, String filename)
            throws ToolException, BlockException {
        OpenedImage image = session.awaitOpen(filename, format, OpenMode.reading(shared));
        if (!(image.node().driverNode() instanceof CheckableNode checkable)) {
            throw ToolException.withCode(UNSUPPORTED,
                    "This image format does not support checks");
        }
        CheckResult result;
        try {
            result = checkable.awaitCheck(report());
        } catch (BlockException e) {
            throw new ToolException("Check failed: " + e.getMessage());
        }
        if (output == OutputFormat.JSON) {
            console.line(Json.writePretty(json(image, result)));
        } else if (!quiet) {
            console.text(text(result));
        }
        return result.checkErrors() > 0 ? ToolException.FAILED : result.corruptions() > 0 ? CORRUPT
                : result.leaks() > 0 ? LEAKS : 0;
    }

    private CheckableNode.CheckReport report() {
        return new CheckableNode.CheckReport() {
            @Override
            public void error(String message) {
                console.note(message);
            }

            @Override
            public void leak(String message) {
                console.note(message);
            }
        };
    }

    private static Map<String, Object> json(OpenedImage image, CheckResult result) {
        Map<String, Object> out = new LinkedHashMap<>();
        putUnlessZero(out, "image-end-offset", result.imageEndOffset());
        putUnlessZero(out, "total-clusters", result.totalClusters());
        out.put("check-errors", result.checkErrors());
        putUnlessZero(out, "corruptions", result.corruptions());
        putUnlessZero(out, "leaks", result.leaks());
        putUnlessZero(out, "allocated-clusters", result.allocatedClusters());
        putUnlessZero(out, "fragmented-clusters", result.fragmentedClusters());
        putUnlessZero(out, "compressed-clusters", result.compressedClusters());
        out.put("filename", image.filename());
        out.put("format", image.format());
        return out;
    }

    private static void putUnlessZero(Map<String, Object> out, String name, long value) {
        if (value != 0) {
            out.put(name, value);
        }
    }

    private static String text(CheckResult result) {
        StringBuilder out = new StringBuilder();
        if (result.corruptions() + result.leaks() + result.checkErrors() == 0) {
            out.append("No errors were found on the image.\n");
        }
        if (result.corruptions() > 0) {
            out.append('\n').append(result.corruptions()).append(" errors were found on the image."
                    + "\nData may be corrupted, or further writes to the image may corrupt it.\n");
        }
        if (result.leaks() > 0) {
            out.append('\n').append(result.leaks()).append(" leaked clusters were found on the"
                    + " image.\nThis means waste of disk space, but no harm to data.\n");
        }
        if (result.checkErrors() > 0) {
            out.append('\n').append(result.checkErrors())
                    .append(" internal errors have occurred during the check.\n");
        }
        long allocated = result.allocatedClusters();
        if (result.totalClusters() != 0 && allocated != 0) {
            out.append(allocated).append('/').append(result.totalClusters()).append(" = ")
                    .append(percent(allocated, result.totalClusters())).append("% allocated, ")
                    .append(percent(result.fragmentedClusters(), allocated))
                    .append("% fragmented, ")
                    .append(percent(result.compressedClusters(), allocated))
                    .append("% compressed clusters\n");
        }
        if (result.imageEndOffset() != 0) {
            out.append("Image end offset: ").append(result.imageEndOffset()).append('\n');
        }
        return out.toString();
    }

    private static String percent(long part, long whole) {
        return Sizes.twoDecimals(part * 100.0 / whole);
    }
}
