package io.backplane.jmh;

import io.backplane.virtio.GuestMemory;
import io.backplane.virtio.Health;
import io.backplane.virtio.RingLayout;
import io.backplane.virtio.VirtQueue;
import io.backplane.virtio.VirtQueueElement;
import io.backplane.virtio.ViolationException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
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
import org.openjdk.jmh.annotations.Warmup;

/** A ring: take and give back requests of a header, a page and a status. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class VirtQueueBench {
    private static final int SIZE = 256;
    private static final int BATCH = 32;
    private static final long BASE = 1 << 20;
    private static final long AVAIL = 8192;
    private static final long USED = 16384;
    private static final long DATA = 65536;
    private static final int NEXT = 1;
    private static final int WRITE = 2;

    private final MemorySegment guest = Arena.ofAuto().allocate(1 << 20, 4096);
    private VirtQueue queue;
    private int availIndex;

    /** Lays out {@link #BATCH} chains, which each batch makes available again. */
    @Setup
    public void layOut() throws ViolationException {
        for (int i = 0; i < BATCH; i++) {
            long data = BASE + DATA + i * 8192L;
            descriptor(3 * i, data, 16, NEXT);
            descriptor(3 * i + 1, data + 4096, 4096, NEXT | WRITE);
            descriptor(3 * i + 2, data + 16, 1, WRITE);
        }
        GuestMemory memory = GuestMemory.of(List.of(new GuestMemory.Region(BASE, guest)));
        queue = new VirtQueue(new RingLayout(0, SIZE, BASE, BASE + AVAIL, BASE + USED, 0, 0),
                memory, new Health(reason -> {
                    throw new AssertionError(reason);
                }), null, new int[0]);
    }

    private void descriptor(int index, long address, int bytes, int flags) {
        long at = 16L * index;
        guest.set(ValueLayout.JAVA_LONG, at, address);
        guest.set(ValueLayout.JAVA_INT, at + 8, bytes);
        guest.set(ValueLayout.JAVA_SHORT, at + 12, (short) flags);
        guest.set(ValueLayout.JAVA_SHORT, at + 14, (short) (index + 1));
    }

    /** One request: make available, take, give back. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long popAndComplete() {
        for (int i = 0; i < BATCH; i++) {
            guest.set(ValueLayout.JAVA_SHORT, AVAIL + 4 + 2L * (availIndex + i & SIZE - 1),
                    (short) (3 * i));
        }
        availIndex += BATCH;
        guest.set(ValueLayout.JAVA_SHORT, AVAIL + 2, (short) availIndex);
        long bytes = 0;
        VirtQueueElement element;
        while ((element = queue.pop()) != null) {
            bytes += element.writable().bytes();
            element.complete(1);
            element.close();
        }
        return bytes;
    }
}
