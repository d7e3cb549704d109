package io.backplane.tool.guest;

import io.backplane.hostio.HostIoException;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.NoCompletionException;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * Entry point of {@code backplane guest}.
 *
 * <p>Exit codes: 0 good, 1 the device reported I/O errors, 2 data differs, 3 connection or protocol
 * trouble, 4 a request was never completed, 64 usage.
 */
@Command(name = "backplane guest", sortOptions = false, mixinStandardHelpOptions = false,
        description = "Be the guest of a vhost-user-blk back-end: look at, verify or measure its "
                + "disk without a virtual machine.",
        subcommands = {InfoCommand.class, VerifyCommand.class, BenchCommand.class},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:good", "1:the device reported I/O errors", "2:data differs",
            "3:connection or protocol trouble", "4:a request was never completed", "64:usage"})
public final class Main {
    static final int IO_ERRORS = 1;
    static final int DIFFERS = 2;
    static final int CONNECTION = 3;
    static final int NO_COMPLETION = 4;
    static final int USAGE = 64;

    /** How results are printed. */
    enum Output { human, json }

    /** Use it or not. */
    enum Switch { on, off }

    @Option(names = "--socket", paramLabel = "<path>", scope = ScopeType.INHERIT,
            description = "the back-end's unix socket")
    private String socket;

    @Option(names = "--output", paramLabel = "human|json", scope = ScopeType.INHERIT,
            description = "how results are printed (default: human)")
    private Output output = Output.human;

    @Option(names = "--event-idx", paramLabel = "on|off", scope = ScopeType.INHERIT,
            description = "use the event index (default: on)")
    private Switch eventIdx = Switch.on;

    @Option(names = "--indirect", paramLabel = "on|off", scope = ScopeType.INHERIT,
            description = "use indirect descriptors (default: on)")
    private Switch indirect = Switch.on;

    @Option(names = "--reply-ack", paramLabel = "on|off", scope = ScopeType.INHERIT,
            description = "ask for acknowledgements (default: on)")
    private Switch replyAck = Switch.on;

    @Option(names = "--inflight", paramLabel = "on|off", scope = ScopeType.INHERIT,
            description = "keep the in-flight area (default: on)")
    private Switch inflight = Switch.on;

    @Option(names = "--regions", paramLabel = "<n>", scope = ScopeType.INHERIT,
            description = "memory regions, 1 to 8 (default: 1)")
    private int regions = 1;

    @Option(names = "--mem-slots", scope = ScopeType.INHERIT,
            description = "add memory regions one by one")
    private boolean memorySlots;

    @Option(names = "--connect-timeout", paramLabel = "<s>", scope = ScopeType.INHERIT,
            description = "seconds to try to connect (default: 5)")
    private double connectSeconds = 5;

    @Option(names = "--io-timeout", paramLabel = "<s>", scope = ScopeType.INHERIT,
            description = "seconds a request may take (default: 20)")
    private double ioSeconds = 20;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT,
            description = "show this and exit")
    private boolean help;

    private Main() {
    }

    /** Runs one command; ends the JVM. */
    public static void main(String... arguments) {
        int code = new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::usage)
                .setExecutionExceptionHandler(Main::failure)
                .execute(arguments);
        System.out.flush();
        System.exit(code);
    }

    private static int usage(CommandLine.ParameterException e, String[] arguments) {
        System.err.println("backplane guest: " + e.getMessage());
        System.err.println("Try 'backplane guest --help'.");
        return USAGE;
    }

    private static int failure(Exception e, CommandLine line, CommandLine.ParseResult result)
            throws Exception {
        if (e instanceof NoCompletionException) {
            System.err.println("backplane guest: " + e.getMessage());
            return NO_COMPLETION;
        }
        if (e instanceof IOException) {
            System.err.println("backplane guest: " + (e instanceof HostIoException
                    || e.getMessage() != null ? e.getMessage() : e.toString()));
            return CONNECTION;
        }
        throw e;
    }

    /** The common options as the front-end takes them. */
    DeviceOptions device(CommandLine.Model.CommandSpec spec) {
        if (socket == null) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--socket <path> is missing");
        }
        if (regions < 1 || regions > 8) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--regions must be 1 to 8, not " + regions);
        }
        return DeviceOptions.of(socket)
                .withRing(eventIdx == Switch.on, indirect == Switch.on,
                        DeviceOptions.of(socket).segmentsMax())
                .withProtocol(replyAck == Switch.on, inflight == Switch.on, true)
                .withMemory(16L << 20, regions, memorySlots)
                .withTimeouts((long) (connectSeconds * 1e9), (long) (ioSeconds * 1e9));
    }

    /** Whether results are printed as JSON. */
    boolean json() {
        return output == Output.json;
    }

    /** Bytes with the suffixes k, M, G, T. */
    static final class Size implements CommandLine.ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            int shift = value.isEmpty() ? -1
                    : switch (Character.toLowerCase(value.charAt(value.length() - 1))) {
                        case 'k' -> 10;
                        case 'm' -> 20;
                        case 'g' -> 30;
                        case 't' -> 40;
                        default -> 0;
                    };
            try {
                String digits = shift > 0 ? value.substring(0, value.length() - 1) : value;
                long number = Long.parseLong(digits);
                if (number < 0 || number > Long.MAX_VALUE >> Math.max(0, shift)) {
                    throw new NumberFormatException();
                }
                return number << Math.max(0, shift);
            } catch (NumberFormatException e) {
                throw new CommandLine.TypeConversionException("'" + value
                        + "' is no size such as 4096, 4k or 1M");
            }
        }
    }
}
