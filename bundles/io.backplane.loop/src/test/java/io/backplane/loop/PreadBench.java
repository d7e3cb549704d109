package io.backplane.loop;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.PollerFactory;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.hostio.nio.NioFileEngine;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.hostio.threads.ThreadsFileEngine;
import io.backplane.hostio.uring.UringFileEngine;
import io.backplane.hostio.uring.UringPollerFactory;
import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures 4 KiB page-cache reads through coroutines: {@code PreadBench FILE aio QD rounds
 * [direct]}. A round lasts one second and prints kIOPS, CPU per read and garbage per read.
 */
final class PreadBench {
    private static final int BYTES = 4096;

    private final String path;
    private final int depth;
    private final int rounds;
    private final boolean direct;
    private long count;
    private boolean stop;
    private int running;
    private Coroutine waiter;

    private PreadBench(String path, int depth, int rounds, boolean direct) {
        this.path = path;
        this.depth = depth;
        this.rounds = rounds;
        this.direct = direct;
    }

    public static void main(String[] args) {
        HostFileEngine engine = switch (args[1]) {
            case "io_uring" -> new UringFileEngine();
            case "threads" -> new ThreadsFileEngine();
            default -> new NioFileEngine();
        };
        PollerFactory factory = switch (args[1]) {
            case "io_uring" -> new UringPollerFactory();
            case "threads" -> new EpollPollerFactory();
            default -> new NioPollerFactory();
        };
        PreadBench bench = new PreadBench(args[0], Integer.parseInt(args[2]),
                Integer.parseInt(args[3]), args.length > 4);
        new Loops(List.of(factory)).runMain(() -> bench.run(engine));
    }

    private void run(HostFileEngine engine) {
        try (HostFile file = engine.awaitOpen(path,
                new OpenFlags(false, direct, false, false))) {
            long blocks = file.length() / BYTES;
            AioContext here = AioContext.current();
            for (int i = 0; i < depth; i++) {
                running++;
                long seed = i * 7919L + 1;
                here.spawn(() -> read(file, blocks, seed));
            }
            waiter = Coroutine.current();
            List<long[]> marks = new ArrayList<>();
            for (int round = 0; round <= rounds; round++) {
                marks.add(new long[] {count, System.nanoTime(), cpuNs(), allocated()});
                if (round < rounds) {
                    io.backplane.aio.AioTimer timer =
                            here.newTimer("round", Coroutine.current()::wake);
                    timer.armAt(here.nowNs() + 1_000_000_000L);
                    Coroutine.suspend();
                }
            }
            stop = true;
            Coroutine.suspend();
            for (int i = 1; i < marks.size(); i++) {
                long[] a = marks.get(i - 1);
                long[] b = marks.get(i);
                double n = b[0] - a[0];
                System.out.printf("%.0f kIOPS, %.2f us CPU, %.1f B garbage%n",
                        n / ((b[1] - a[1]) / 1e6), (b[2] - a[2]) / n / 1e3, (b[3] - a[3]) / n);
            }
        } catch (HostIoException e) {
            throw new IllegalStateException(e);
        }
    }

    private void read(HostFile file, long blocks, long seed) {
        try (Arena arena = Arena.ofShared()) {
            IoVector iov = IoVector.of(arena.allocate(BYTES, 4096));
            long random = seed;
            while (!stop) {
                random = random * 6364136223846793005L + 1442695040888963407L;
                long block = (random >>> 33) % blocks;
                if (file.preadv(iov, 0, BYTES, block * BYTES) != BYTES) {
                    throw new IllegalStateException("short read");
                }
                count++;
            }
        } catch (HostIoException e) {
            throw new IllegalStateException(e);
        } finally {
            if (--running == 0) {
                waiter.wake();
            }
        }
    }

    private static long cpuNs() {
        return ((com.sun.management.OperatingSystemMXBean)
                ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getTotalThreadAllocatedBytes();
    }
}
