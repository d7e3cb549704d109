package io.backplane.tool.img;

import java.util.List;

/** Picks the command and turns its failures into messages and exit codes. */
final class ImageTool {
    private final Console console;

    ImageTool(Console console) {
        this.console = console;
    }

    int run(List<String> args) {
        try {
            return runCommand(args);
        } catch (ToolException e) {
            if (e.getMessage() != null) {
                console.error(e.getMessage());
            }
            if (e.hint()) {
                console.note("Try '" + Console.TOOL + " --help' for more information");
            }
            return e.exitCode();
        } finally {
            console.flush();
        }
    }

    private int runCommand(List<String> args) throws ToolException {
        if (args.isEmpty()) {
            throw ToolException.usage("Not enough arguments");
        }
        String command = args.get(0);
        switch (command) {
            case "-h", "--help" -> {
                console.text(HelpText.version() + HelpText.all());
                return 0;
            }
            case "-V", "--version" -> {
                console.text(HelpText.version());
                return 0;
            }
            default -> { }
        }
        if (command.startsWith("-")) {
            throw ToolException.usage("unrecognized option '" + command + "'");
        }
        List<String> rest = args.subList(1, args.size());
        if (asksForHelp(rest) && HelpText.commands().contains(command)) {
            console.text(HelpText.version() + HelpText.all());
            return 0;
        }
        return switch (command) {
            case "create" -> new CreateCommand(console).run(rest);
            case "info" -> new InfoCommand(console).run(rest);
            case "check" -> new CheckCommand(console).run(rest);
            case "map" -> new MapCommand(console).run(rest);
            case "compare" -> new CompareCommand(console).run(rest);
            case "convert" -> new ConvertCommand(console).run(rest);
            case "resize" -> new ResizeCommand(console).run(rest);
            case "amend", "bench", "bitmap", "commit", "dd", "measure", "snapshot", "rebase" ->
                throw new ToolException("Command not supported yet: " + command);
            default -> throw ToolException.usage("Command not found: " + command);
        };
    }

    private static boolean asksForHelp(List<String> args) {
        for (String arg : args) {
            if (arg.equals("--")) {
                return false;
            }
            if (arg.equals("--help") || arg.equals("-h")) {
                return true;
            }
        }
        return false;
    }
}
