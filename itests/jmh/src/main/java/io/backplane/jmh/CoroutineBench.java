package io.backplane.jmh;

import io.backplane.aio.AioContext;
import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a coroutine costs: a suspension, a start, a free mutex. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CoroutineBench {
    private static final int COUNT = 10_000;

    private MainLoop loop;

    /** Starts the loop. */
    @Setup
    public void start() {
        loop = new MainLoop();
    }

    /** Stops the loop. */
    @TearDown
    public void stop() {
        loop.close();
    }

    /** Suspend, one callback of the loop that wakes, resume. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void suspendAndWake() throws Exception {
        loop.run(() -> {
            for (int i = 0; i < COUNT; i++) {
                Coroutine.awaitYield();
            }
        });
    }

    /** Start a pooled coroutine that never suspends. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void startAndEnd() throws Exception {
        loop.run(() -> {
            Coroutine self = Coroutine.current();
            AioContext main = AioContext.current();
            for (int i = 0; i < COUNT; i++) {
                main.spawn(self::wake);
                Coroutine.suspend();
            }
        });
    }

    /** Lock and unlock a mutex nobody else wants. */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void freeMutex() throws Exception {
        CoMutex mutex = new CoMutex();
        loop.run(() -> {
            for (int i = 0; i < COUNT; i++) {
                mutex.awaitLock().close();
            }
        });
    }
}
