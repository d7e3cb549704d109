package io.backplane.tool.img;

import io.backplane.block.BlockException;
import io.backplane.block.Preallocation;
import java.util.List;
import java.util.Locale;

/** {@code resize}: another length for an image. */
final class ResizeCommand {
    private final Console console;
    private String format;
    private Preallocation preallocation = Preallocation.OFF;
    private boolean quiet;
    private boolean shrink;

    ResizeCommand(Console console) {
        this.console = console;
    }

    int run(List<String> args) throws ToolException {
        if (args.size() < 2) {
            throw ToolException.usage("Not enough arguments");
        }
        // the size may begin with a minus sign and is no option
        String size = args.get(args.size() - 1);
        Arguments given = new Arguments(args.subList(0, args.size() - 1), "f:q", "preallocation=",
                "shrink");
        for (Arguments.Given option : given.options()) {
            switch (option.name()) {
                case "f" -> format = option.value();
                case "preallocation" -> preallocation = preallocation(option.value());
                case "q" -> quiet = true;
                default -> shrink = true;
            }
        }
        if (given.operands().size() != 1) {
            throw ToolException.usage("Expecting image file name and size");
        }
        String filename = given.operands().get(0);
        int sign = size.startsWith("+") ? 1 : size.startsWith("-") ? -1 : 0;
        long bytes = parseSize(sign == 0 ? size : size.substring(1));
        return ImageHost.quick().run(session -> awaitResize(session, filename, sign, bytes));
    }

    private static Preallocation preallocation(String name) throws ToolException {
        for (Preallocation mode : Preallocation.values()) {
            if (mode.name().toLowerCase(Locale.ROOT).equals(name)) {
                return mode;
            }
        }
        throw new ToolException("Invalid preallocation mode '" + name + "'");
    }

    private static long parseSize(String text) throws ToolException {
        long bytes = io.backplane.schema.Size.parse(text);
        if (bytes < 0) {
            throw new ToolException("Parameter 'size' expects a non-negative number below 2^64\n"
                    + "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\n"
                    + "and exabytes, respectively.");
        }
        return bytes;
    }

    private int awaitResize(ImageSession session, String filename, int sign, long bytes)
            throws ToolException, BlockException {
        OpenedImage image = session.awaitOpen(filename, format, OpenMode.writing());
        ImageSession.warnGuessedRaw(console, image);
        long current = image.backend().length();
        long wanted = sign == 0 ? bytes : current + sign * bytes;
        if (wanted <= 0) {
            throw new ToolException("New image size must be positive");
        }
        if (wanted <= current && preallocation != Preallocation.OFF) {
            throw new ToolException("Preallocation can only be used for growing images");
        }
        if (wanted < current && !shrink) {
            console.error("Use the --shrink option to perform a shrink operation.");
            console.warning("Shrinking an image will delete all data beyond the shrunken image's"
                    + " end. Before performing such an operation, make sure there is no important"
                    + " data there.");
            return ToolException.FAILED;
        }
        image.backend().truncate(wanted, true, preallocation);
        image.backend().flush();
        if (!quiet) {
            console.line("Image resized.");
        }
        return 0;
    }
}
