package io.backplane.driver.blklogwrites;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.BlockChild;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;

/** A disk in memory with a volatile cache: it remembers every write and flush in order. */
final class SimulatedDisk implements BlockChild {
    private static final int SECTOR = 512;

    /** What happened: a write (its bytes), or a flush (null). Overlaps with others are recorded. */
    record Event(long offset, byte[] data) {
        boolean isFlush() {
            return data == null;
        }
    }

    private final String name;
    private final Runnable delay;
    private byte[] contents;
    final List<Event> events = new ArrayList<>();
    final List<long[]> running = new ArrayList<>();
    int overlaps;
    long flushedCount;
    Predicate<Long> failsWrite = offset -> false;
    boolean failsFlush;

    SimulatedDisk(String name, int bytes, Runnable delay) {
        this.name = name;
        this.delay = delay;
        contents = new byte[bytes];
    }

    synchronized byte[] contents() {
        return contents.clone();
    }

    /**
     * What is on the medium if power fails after {@code eventCount} events: everything flushed,
     * and of the later writes any sectors that {@code random} picks.
     */
    byte[] afterPowerCut(int eventCount, Random random) {
        int lastFlush = -1;
        int bytes = contents.length;
        for (int i = 0; i < eventCount; i++) {
            if (events.get(i).isFlush()) {
                lastFlush = i;
            }
        }
        byte[] medium = new byte[bytes];
        for (int i = 0; i < eventCount; i++) {
            Event event = events.get(i);
            if (event.isFlush()) {
                continue;
            }
            for (int at = 0; at < event.data.length; at += SECTOR) {
                if (i < lastFlush || random.nextBoolean()) {
                    int n = Math.min(SECTOR, event.data.length - at);
                    System.arraycopy(event.data, at, medium, (int) event.offset + at, n);
                }
            }
        }
        return medium;
    }

    private void enter(long offset, long bytes) {
        synchronized (this) {
            for (long[] other : running) {
                if (other[0] < offset + bytes && offset < other[0] + other[1]) {
                    overlaps++;
                }
            }
        }
        long[] range = {offset, bytes};
        synchronized (this) {
            running.add(range);
        }
        delay.run();
        synchronized (this) {
            running.remove(range);
        }
    }

    private void write(long offset, byte[] data) throws BlockException {
        long half = data.length / 2 / SECTOR * SECTOR;
        enter(offset, data.length);
        synchronized (this) {
            boolean fails = failsWrite.test(offset);
            byte[] taken = fails ? Arrays.copyOf(data, (int) half) : data;
            System.arraycopy(taken, 0, contents, (int) offset, taken.length);
            events.add(new Event(offset, taken));
            if (fails) {
                throw new BlockException(Kind.IO, "planted write error");
            }
        }
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags) {
        delay.run();
        synchronized (this) {
            iov.copyFrom(from, MemorySegment.ofArray(contents), offset, bytes);
        }
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        byte[] data = new byte[(int) bytes];
        iov.copyTo(from, MemorySegment.ofArray(data), 0, bytes);
        write(offset, data);
        if ((flags & RequestFlags.FUA) != 0) {
            flush();
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        write(offset, new byte[(int) bytes]);
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        write(offset, new byte[(int) bytes]);
    }

    @Override
    public void flush() throws BlockException {
        int before;
        synchronized (this) {
            before = events.size();
        }
        delay.run();
        synchronized (this) {
            if (failsFlush) {
                throw new BlockException(Kind.IO, "planted flush error");
            }
            events.add(before, new Event(0, null));
            flushedCount++;
        }
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        return BlockStatus.dataAt(bytes, offset, name);
    }

    @Override
    public synchronized void truncate(long length, boolean exact, Preallocation preallocation,
            int flags) {
        contents = Arrays.copyOf(contents, (int) length);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String nodeName() {
        return name;
    }

    @Override
    public synchronized long length() {
        return contents.length;
    }

    @Override
    public BlockLimits limits() {
        return BlockLimits.NONE;
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public long allocatedBytes() {
        return length();
    }
}
