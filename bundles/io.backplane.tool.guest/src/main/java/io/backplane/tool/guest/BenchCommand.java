package io.backplane.tool.guest;

import com.google.gson.Gson;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backplane guest bench}: how fast is the disk? Write loads overwrite it. */
@Command(name = "bench", sortOptions = false,
        description = "Measure the disk. Loads that write OVERWRITE it.")
final class BenchCommand implements Callable<Integer> {
    @ParentCommand
    private Main main;

    @Spec
    private CommandSpec spec;

    @Option(names = "--op", paramLabel = "<op>", description = "randread, randwrite, read, write, "
            + "mix, flush, discard or zeroes (default: randread)")
    private String op = "randread";

    @Option(names = "--bs", paramLabel = "<size>", converter = Main.Size.class,
            description = "bytes of a request (default: 4k)")
    private long blockBytes = 4096;

    @Option(names = "--qd", paramLabel = "<n>",
            description = "requests in flight per queue (default: 32)")
    private int depth = 32;

    @Option(names = "--queues", paramLabel = "<n>", description = "queues (default: 1)")
    private int queues = 1;

    @Option(names = "--time", paramLabel = "<s>",
            description = "seconds to measure (default: 5)")
    private double seconds = 5;

    @Option(names = "--warmup", paramLabel = "<s>",
            description = "seconds before (default: 1)")
    private double warmupSeconds = 1;

    @Option(names = "--irq", description = "block until the interrupt (the default)")
    private boolean irq;

    @Option(names = "--poll", description = "poll the used ring")
    private boolean poll;

    @Option(names = "--halt-poll", paramLabel = "<us>",
            description = "poll so long, then block, as KVM does")
    private double haltPollUs;

    @Option(names = "--mix", paramLabel = "<percent>",
            description = "reads of --op mix (default: 50)")
    private int readPercent = 50;

    @Option(names = "--segs", paramLabel = "<n>",
            description = "data segments of a request (default: 1)")
    private int segments = 1;

    @Option(names = "--range", paramLabel = "<size>", converter = Main.Size.class,
            description = "part of the disk to touch, from its start (default: all)")
    private long rangeBytes;

    @Option(names = "--pid", paramLabel = "<pid>",
            description = "the server's process, to account its CPU time")
    private long pid;

    @Option(names = "--cpu", paramLabel = "<n>", description = "run the queues on CPU n, n+1, …")
    private int cpu = -1;

    @Option(names = "--seed", paramLabel = "<n>", description = "of the places (default: 1)")
    private long seed = 1;

    @Override
    public Integer call() throws IOException {
        BenchLoad load = new BenchLoad(op, (int) blockBytes, depth, queues, seconds,
                warmupSeconds, waiting(), readPercent, segments, rangeBytes, pid, cpu, seed);
        check();
        DeviceOptions options = main.device(spec);
        options = load.device(options.withRing(options.eventIdx(), options.indirect(),
                Math.max(segments, 1)));
        try (GuestDevice device = GuestDevice.connect(options)) {
            BenchResult result = load.run(device);
            System.out.print(main.json() ? new Gson().toJson(result) + System.lineSeparator()
                    : result.text());
            return result.errors() > 0 ? Main.IO_ERRORS : 0;
        }
    }

    private Waiting waiting() {
        if (poll && (irq || haltPollUs > 0)) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--poll excludes --irq and --halt-poll");
        }
        return poll ? Waiting.POLL
                : haltPollUs > 0 ? new Waiting(true, (long) (haltPollUs * 1000)) : Waiting.IRQ;
    }

    private void check() {
        String wrong = null;
        if (!BenchLoad.OPS.contains(op)) {
            wrong = "--op '" + op + "' is none of " + String.join(", ", BenchLoad.OPS);
        } else if (blockBytes < 512 || blockBytes % 512 != 0 || blockBytes > 64 << 20) {
            wrong = "--bs " + blockBytes + " is no multiple of 512 up to 64M";
        } else if (depth < 1 || depth > 16384 || queues < 1 || queues > 64) {
            wrong = "--qd must be 1 to 16384 and --queues 1 to 64";
        } else if (segments < 1 || segments > 254) {
            wrong = "--segs must be 1 to 254";
        }
        if (wrong != null) {
            throw new CommandLine.ParameterException(spec.commandLine(), wrong);
        }
    }
}
