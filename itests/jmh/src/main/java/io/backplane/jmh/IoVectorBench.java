package io.backplane.jmh;

import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** I/O vectors: building one, windows, the scans and copies of 64 KiB in 4 KiB pages. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class IoVectorBench {
    private static final long BYTES = 64 << 10;

    private final MemorySegment memory = Arena.ofAuto().allocate(2 * BYTES, 4096);
    private final IoVector pages = pages();
    private final IoVector window = new IoVector(32);
    private final MemorySegment plain = Arena.ofAuto().allocate(BYTES, 4096);

    private IoVector pages() {
        IoVector iov = new IoVector(16);
        for (long at = 0; at < BYTES; at += 4096) {
            iov.add(memory, 2 * at, 4096);
        }
        return iov;
    }

    /** One element, as most requests have. */
    @Benchmark
    public long buildOne() {
        window.clear();
        return window.add(memory, 4096, 4096).bytes();
    }

    /** A window over all sixteen elements. */
    @Benchmark
    public long windowOfSixteen() {
        window.clear();
        return window.addWindow(pages, 512, BYTES - 1024).bytes();
    }

    /** Copies 64 KiB out. */
    @Benchmark
    public void copyTo() {
        pages.copyTo(0, plain, 0, BYTES);
    }

    /** Fills 64 KiB with zeroes. */
    @Benchmark
    public void fill() {
        pages.fill(0, BYTES, (byte) 0);
    }

    /** Finds 64 KiB to be zero. */
    @Benchmark
    public boolean isZero() {
        return pages.isZero(0, BYTES);
    }
}
