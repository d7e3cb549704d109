package io.backplane.jmh;

import io.backplane.aio.AioContext;
import io.backplane.aio.Awaited;
import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import io.backplane.aio.RequestEvent;
import io.backplane.loop.LoopTurns;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs that requests, waits and turns can be seen while nobody looks: what a request
 * records of itself against nothing, a suspension that says what it is for against one that does
 * not, and a turn of the loop against one of a loop from which the recording was taken out.
 *
 * <p>A sample is a batch of 10 000. Of a busy machine the medians tell more than the averages: a
 * batch that was preempted is an outlier.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(5)
public class IntrospectionBench {
    private static final int COUNT = 10_000;

    private static final Awaited REASON = new Awaited() {
        @Override
        public String describe() {
            return "a wake";
        }

        @Override
        public List<Coroutine> blockers() {
            return List.of();
        }
    };

    private final CoMutex target = new CoMutex("something");
    private long sum;

    /** A loop whose owner is the thread that measures. */
    @State(Scope.Thread)
    public static class Turning {
        private LoopTurns seen;
        private Runnable unseen;

        /** Makes both. */
        @Setup
        public void open() {
            seen = new LoopTurns(COUNT);
            unseen = LoopTurns.unseen(COUNT);
        }
    }

    /** Turns of a loop that records nothing. */
    @Benchmark
    public void turnUnseen(Turning turning) {
        turning.unseen.run();
    }

    /** Turns that each run a callback. */
    @Benchmark
    public void turnSeen(Turning turning) {
        turning.seen.run();
    }

    /** The batch alone. */
    @Benchmark
    public void requestUnseen(Turning turning) {
        turning.seen.run(() -> {
            for (int i = 0; i < COUNT; i++) {
                sum += Coroutine.current().isIdle() ? 1 : i;
            }
        });
    }

    /** What each storey's request does: the test of the event's flag, the carried request. */
    @Benchmark
    public void requestSeen(Turning turning) {
        turning.seen.run(() -> {
            for (int i = 0; i < COUNT; i++) {
                Coroutine self = Coroutine.current();
                RequestEvent event = RequestEvent.start();
                self.carry(target, "read", i, 4096);
                sum += self.isIdle() ? 1 : i;
                self.carryNothing();
                RequestEvent.end(event, "bench", "none", "read", i, 4096);
            }
        });
    }

    /** A suspension that says nothing. */
    @Benchmark
    public void waitUnseen(Turning turning) {
        turning.seen.run(() -> {
            Coroutine self = Coroutine.current();
            AioContext main = AioContext.current();
            for (int i = 0; i < COUNT; i++) {
                main.schedule(self::wake);
                Coroutine.suspend();
            }
        });
    }

    /** A suspension that says what it is for. */
    @Benchmark
    public void waitSeen(Turning turning) {
        turning.seen.run(() -> {
            Coroutine self = Coroutine.current();
            AioContext main = AioContext.current();
            for (int i = 0; i < COUNT; i++) {
                main.schedule(self::wake);
                Coroutine.suspend(REASON);
            }
        });
    }
}
