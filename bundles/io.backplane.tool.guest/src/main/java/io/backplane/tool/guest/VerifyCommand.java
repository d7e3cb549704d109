package io.backplane.tool.guest;

import com.google.gson.Gson;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backplane guest verify}: does the disk keep what it was given? It is overwritten. */
@Command(name = "verify", sortOptions = false,
        description = {"OVERWRITE the disk with patterns by random requests and check what it "
            + "gives back.",
            "With --time 0 and --load-state nothing is written, only read back."})
final class VerifyCommand implements Callable<Integer> {
    @ParentCommand
    private Main main;

    @Spec
    private CommandSpec spec;

    @Option(names = "--time", paramLabel = "<s>",
            description = "seconds of random requests (default: 5)")
    private double seconds = 5;

    @Option(names = "--queues", paramLabel = "<n>", description = "queues (default: 1)")
    private int queues = 1;

    @Option(names = "--qd", paramLabel = "<n>",
            description = "requests in flight per queue (default: 16)")
    private int depth = 16;

    @Option(names = "--qsize", paramLabel = "<n>",
            description = "entries of a ring, power of two (default: 128)")
    private int queueSize = 128;

    @Option(names = "--bs-max", paramLabel = "<size>", converter = Main.Size.class,
            description = "longest request (default: 256k)")
    private long requestBytesMax = 256 << 10;

    @Option(names = "--segs", paramLabel = "<n>",
            description = "most data segments of a request (default: 16)")
    private int segments = 16;

    @Option(names = "--odd", description = "cut requests at any byte, split the header")
    private boolean odd;

    @Option(names = "--poll", description = "poll instead of waiting for interrupts")
    private boolean poll;

    @Option(names = "--discard-zeroes", description = "discarded ranges must read as zeroes")
    private boolean discardZeroes;

    @Option(names = "--seed", paramLabel = "<n>", description = "repeat the run with this seed")
    private Long seed;

    @Option(names = "--reconnect", paramLabel = "<n>",
            description = "go on when the back-end dies and comes back, up to n times")
    private int reconnects;

    @Option(names = "--save-state", paramLabel = "<file>",
            description = "keep what the disk should contain")
    private Path saveState;

    @Option(names = "--load-state", paramLabel = "<file>",
            description = "what an earlier run says the disk contains")
    private Path loadState;

    @Override
    public Integer call() throws IOException {
        VerifyLoad load = new VerifyLoad(seconds, depth, (int) requestBytesMax, odd,
                discardZeroes, reconnects, poll);
        DeviceOptions options = main.device(spec);
        options = options.withQueues(queues, queueSize)
                .withRing(options.eventIdx(), options.indirect(), segments);
        try (GuestDevice device = GuestDevice.connect(load.device(options))) {
            ExpectedContents contents = loadState != null ? ExpectedContents.load(loadState)
                    : load.unknown(device, seed != null ? seed : new SecureRandom().nextInt());
            System.err.println("seed " + contents.seed());
            VerifyLoad.Result result = load.run(device, contents);
            if (saveState != null) {
                contents.save(saveState);
            }
            print(result);
            return result.mismatches() > 0 ? Main.DIFFERS
                    : result.errors() > 0 ? Main.IO_ERRORS : 0;
        }
    }

    private void print(VerifyLoad.Result result) {
        if (main.json()) {
            System.out.println(new Gson().toJson(result));
            return;
        }
        result.reports().forEach(System.out::println);
        System.out.println((result.isGood() ? "good: " : "BAD: ") + result.requests()
                + " requests, " + result.verifiedUnits() + " units of " + result.unitBytes()
                + " bytes compared, " + result.mismatches() + " mismatches, " + result.errors()
                + " errors" + (result.reconnects() > 0 ? ", " + result.reconnects()
                        + " reconnects" : "") + "; seed " + result.seed());
    }
}
