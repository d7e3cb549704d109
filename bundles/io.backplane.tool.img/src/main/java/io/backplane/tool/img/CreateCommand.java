package io.backplane.tool.img;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code create}: a new image. */
final class CreateCommand {
    private final Console console;
    private final Map<String, String> options = new LinkedHashMap<>();
    private String format = "raw";
    private String backing;
    private String backingFormat;
    private boolean quiet;
    private boolean trust;
    private boolean help;

    CreateCommand(Console console) {
        this.console = console;
    }

    int run(List<String> args) throws ToolException {
        Arguments given = new Arguments(args, "F:b:f:ho:qu", "object=");
        for (Arguments.Given option : given.options()) {
            switch (option.name()) {
                case "f" -> format = option.value();
                case "b" -> backing = option.value();
                case "F" -> backingFormat = option.value();
                case "o" -> {
                    help |= OptionText.asksForHelp(option.value());
                    OptionText.parse(option.value(), options);
                }
                case "q" -> quiet = true;
                case "u" -> trust = true;
                default -> throw new ToolException("--" + option.name()
                        + " is not supported yet");
            }
        }
        List<String> operands = given.operands();
        if (help) {
            return showOptions(!operands.isEmpty());
        }
        if (operands.isEmpty()) {
            throw ToolException.usage("Expecting image file name");
        }
        long size = operands.size() > 1 ? Sizes.parse("image size", operands.get(1)) : -1;
        if (operands.size() > 2) {
            throw ToolException.usage("Unexpected argument: " + operands.get(2));
        }
        return ImageHost.quick().run(session -> awaitCreate(session, operands.get(0), size));
    }

    private int showOptions(boolean withFile) throws ToolException {
        if (CreateOption.of(format) == null) {
            throw new ToolException("Unknown file format '" + format + "'");
        }
        console.text(CreateOption.help(format, withFile));
        return 0;
    }

    private int awaitCreate(ImageSession session, String filename, long size)
            throws ToolException {
        try {
            ImageCreator creator = new ImageCreator(session, filename, format, options);
            if (size >= 0) {
                if (creator.hasSize()) {
                    throw new ToolException("The image size must be specified only once");
                }
                creator.setSize(size);
            }
            creator.setBacking(backing, backingFormat);
            creator.awaitBacking(trust);
            creator.requireSize();
            if (!quiet) {
                console.line(creator.announcement());
            }
            creator.awaitCreate();
            return 0;
        } catch (ToolException e) {
            throw ToolException.withCode(e.exitCode(), filename + ": " + e.getMessage());
        }
    }
}
