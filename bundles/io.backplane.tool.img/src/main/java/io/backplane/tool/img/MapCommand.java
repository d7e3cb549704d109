package io.backplane.tool.img;

import io.backplane.block.BlockException;
import io.backplane.block.BlockStatus;
import java.util.List;

/** {@code map}: where an image's data lies. */
final class MapCommand {
    /** A run of bytes with one status. */
    private record Extent(long start, long length, BlockStatus status, String file) {
        boolean continuesIn(Extent next) {
            BlockStatus other = next.status;
            return status.allocated() == other.allocated() && status.data() == other.data()
                    && status.zero() == other.zero() && status.depth() == other.depth()
                    && java.util.Objects.equals(file, next.file)
                    && (status.hostOffset() < 0 ? other.hostOffset() < 0
                            : other.hostOffset() == status.hostOffset() + length);
        }

        Extent with(Extent next) {
            return new Extent(start, length + next.length, status, file);
        }
    }

    private final Console console;
    private String format;
    private OutputFormat output = OutputFormat.HUMAN;
    private boolean shared;
    private long from;
    private long bytes = -1;

    MapCommand(Console console) {
        this.console = console;
    }

    int run(List<String> args) throws ToolException {
        Arguments given = new Arguments(args, "f:s:l:U", "output=", "start-offset=",
                "max-length=", "force-share");
        for (Arguments.Given option : given.options()) {
            switch (option.name()) {
                case "f" -> format = option.value();
                case "output" -> output = OutputFormat.named(option.value());
                case "s", "start-offset" -> from = Sizes.parse("start offset", option.value());
                case "l", "max-length" -> bytes = Sizes.parse("max length", option.value());
                default -> shared = true;
            }
        }
        if (given.operands().size() != 1) {
            throw ToolException.usage("Expecting one image file name");
        }
        String filename = given.operands().get(0);
        return ImageHost.quick().run(session -> awaitMap(session, filename));
    }

    private int awaitMap(ImageSession session, String filename)
            throws ToolException, BlockException {
        OpenedImage image = session.awaitOpen(filename, format, OpenMode.reading(shared));
        if (output == OutputFormat.HUMAN) {
            console.line(column("Offset") + column("Length") + column("Mapped to") + "File");
        } else {
            console.text("[");
        }
        long end = image.backend().length();
        if (bytes >= 0) {
            end = Math.min(end, from > Long.MAX_VALUE - bytes ? Long.MAX_VALUE : from + bytes);
        }
        Extent pending = null;
        for (long at = from; at < end;) {
            Extent next = awaitExtent(session, image, at, end - at);
            if (pending != null && pending.continuesIn(next)) {
                pending = pending.with(next);
            } else {
                if (pending != null) {
                    show(pending, false);
                }
                pending = next;
            }
            at += next.length;
        }
        if (pending == null) {
            BlockStatus nothing = new BlockStatus(0, false, false, false, false, -1, null, 0);
            pending = new Extent(from, 0, nothing, null);
        }
        show(pending, true);
        if (output == OutputFormat.JSON) {
            console.text("]\n");
        }
        return 0;
    }

    private static Extent awaitExtent(ImageSession session, OpenedImage image, long at,
            long length) throws ToolException {
        BlockStatus status;
        try {
            status = image.backend().blockStatus(at, length);
        } catch (BlockException e) {
            throw new ToolException("Failed to read image metadata: " + e.getMessage());
        }
        String file = status.hostOffset() < 0 || status.hostNode() == null ? null
                : session.graph().find(status.hostNode()).filename();
        long bytes = Math.min(status.bytes(), length);
        if (at + bytes == image.node().driverNode().length()) {
            bytes = length; // the rest of the last sector
        }
        return new Extent(at, bytes, status, file);
    }

    private void show(Extent extent, boolean last) throws ToolException {
        BlockStatus status = extent.status;
        if (output == OutputFormat.JSON) {
            console.text("{ \"start\": " + extent.start + ", \"length\": " + extent.length
                    + ", \"depth\": " + status.depth() + ", \"present\": " + status.allocated()
                    + ", \"zero\": " + status.zero() + ", \"data\": " + status.data()
                    + (status.hostOffset() < 0 ? "" : ", \"offset\": " + status.hostOffset())
                    + (last ? "}" : "},\n"));
        } else if (status.data() && !status.zero()) {
            if (status.hostOffset() < 0) {
                throw new ToolException(
                        "File contains external, encrypted or compressed clusters.");
            }
            console.line(column(hex(extent.start)) + column(hex(extent.length))
                    + column(hex(status.hostOffset())) + extent.file);
        }
    }

    private static String hex(long value) {
        return value == 0 ? "0" : "0x" + Long.toHexString(value);
    }

    private static String column(String text) {
        return text + " ".repeat(Math.max(0, 16 - text.length()));
    }
}
