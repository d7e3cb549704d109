package io.backplane.launcher;

import io.backplane.boot.StartupOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The parsed command line, with the grammar of qemu-storage-daemon: GNU long options
 * ({@code --name value}, {@code --name=value}, any unambiguous abbreviation), repeated and ordered.
 *
 * @param action what to do before anything else
 * @param options what to serve, in order; empty for the embedded default
 * @param dataFolder the folder named with {@code --data}, or null
 * @param pidFile where to write the process id, or null
 * @param daemonize whether the shell script detached this process
 * @param console whether a shell prompt is wanted on a terminal
 * @param command the line for the shell to execute, after which the daemon ends; or null
 */
record CommandLine(Action action, List<StartupOption> options, Path dataFolder, Path pidFile,
        boolean daemonize, boolean console, String command) {

    /** What the command line asks for. */
    enum Action { RUN, HELP, VERSION }

    private enum Option {
        BLOCKDEV("blockdev", true), OBJECT("object", true), EXPORT("export", true),
        DEVICE("device", true),
        MONITOR("monitor", true), CHARDEV("chardev", true), NBD_SERVER("nbd-server", true),
        PIDFILE("pidfile", true), DAEMONIZE("daemonize", false), DATA("data", true),
        NO_SHELL("no-shell", false), HELP("help", false), VERSION("version", false);

        private final String longName;
        private final boolean takesValue;

        Option(String longName, boolean takesValue) {
            this.longName = longName;
            this.takesValue = takesValue;
        }
    }

    /**
     * Parses the arguments after {@code run}.
     *
     * @throws LaunchException naming the argument at fault
     */
    static CommandLine parse(String... arguments) throws LaunchException {
        Parser parser = new Parser(arguments);
        return parser.parse();
    }

    private static final class Parser {
        private final String[] arguments;
        private int index;
        private final List<StartupOption> options = new ArrayList<>();
        private Action action = Action.RUN;
        private Path dataFolder;
        private Path pidFile;
        private boolean daemonize;
        private boolean console = true;
        private String command;

        Parser(String... arguments) {
            this.arguments = arguments;
        }

        CommandLine parse() throws LaunchException {
            while (index < arguments.length && action == Action.RUN) {
                String argument = arguments[index++];
                switch (argument) {
                    case "-h" -> action = Action.HELP;
                    case "-c" -> command = command();
                    case "-V" -> action = Action.VERSION;
                    default -> parseLong(argument);
                }
            }
            return new CommandLine(action, List.copyOf(options), dataFolder, pidFile, daemonize,
                    console, command);
        }

        private String command() throws LaunchException {
            if (index == arguments.length) {
                throw new LaunchException("option '-c' needs a command");
            }
            return arguments[index++];
        }

        private void parseLong(String argument) throws LaunchException {
            if (!argument.startsWith("--") || argument.length() == 2) {
                throw new LaunchException(argument.startsWith("-")
                        ? "unknown option '" + argument + "'"
                        : "unexpected argument '" + argument + "'");
            }
            int equals = argument.indexOf('=');
            String name = argument.substring(2, equals < 0 ? argument.length() : equals);
            Option option = find(name);
            if (!option.takesValue && equals >= 0) {
                throw new LaunchException("option '--" + option.longName + "' takes no value");
            }
            apply(option, option.takesValue ? value(option, argument, equals) : "");
        }

        private String value(Option option, String argument, int equals) throws LaunchException {
            if (equals >= 0) {
                return argument.substring(equals + 1);
            }
            if (index == arguments.length) {
                throw new LaunchException("option '--" + option.longName + "' needs a value");
            }
            return arguments[index++];
        }

        private static Option find(String name) throws LaunchException {
            List<Option> candidates = new ArrayList<>();
            for (Option option : Option.values()) {
                if (option.longName.equals(name)) {
                    return option;
                }
                if (option.longName.startsWith(name)) {
                    candidates.add(option);
                }
            }
            if (candidates.isEmpty()) {
                throw new LaunchException("unknown option '--" + name + "'");
            }
            if (candidates.size() > 1) {
                throw new LaunchException("option '--" + name + "' is ambiguous: "
                        + String.join(", ", candidates.stream()
                                .map(o -> "--" + o.longName).toList()));
            }
            return candidates.getFirst();
        }

        private void apply(Option option, String value) throws LaunchException {
            switch (option) {
                case BLOCKDEV, OBJECT, EXPORT, DEVICE, MONITOR, CHARDEV, NBD_SERVER ->
                        options.add(new StartupOption(option.longName, value));
                case PIDFILE -> pidFile = path(option, value);
                case DATA -> dataFolder = path(option, value);
                case DAEMONIZE -> daemonize = true;
                case NO_SHELL -> console = false;
                case HELP -> action = Action.HELP;
                case VERSION -> action = Action.VERSION;
            }
        }

        private static Path path(Option option, String value) throws LaunchException {
            if (value.isEmpty()) {
                throw new LaunchException("option '--" + option.longName + "' needs a path");
            }
            try {
                return Path.of(value).toAbsolutePath().normalize();
            } catch (java.nio.file.InvalidPathException e) {
                throw new LaunchException("option '--" + option.longName + "': " + e.getMessage(),
                        e);
            }
        }
    }
}
