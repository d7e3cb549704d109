package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.BlockChild;
import io.backplane.memory.IoVector;
import io.backplane.sim.LoopsInTurn;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * A child over sparse memory: it takes its time, fails when told, and logs what is needed to know
 * what a power cut may leave.
 */
final class MemoryDisk implements BlockChild {
    private static final int PAGE = 4096;

    /** A change, in the order of issue. Times count host events. */
    record Change(long offset, byte[] data, long truncateTo, long issued, long[] done,
            boolean fua) {
    }

    /** A flush that has ended. */
    record Flushed(long started, long ended) {
    }

    /** Decides which operation fails. */
    interface Fault {
        boolean fails(String verb, long offset, long bytes);
    }

    final String name;
    private final LoopsInTurn loops;
    private final TreeMap<Long, byte[]> pages = new TreeMap<>();
    private long length;
    final List<Change> changes = new ArrayList<>();
    final List<Flushed> flushes = new ArrayList<>();
    boolean logging;
    boolean slow = true;
    Fault fault = (verb, offset, bytes) -> false;
    int readCount;
    int writeCount;
    int flushCount;
    int discardCount;

    MemoryDisk(String name, LoopsInTurn loops) {
        this.name = name;
        this.loops = loops;
    }

    static MemoryDisk load(String name, LoopsInTurn loops, Path path) throws IOException {
        MemoryDisk disk = new MemoryDisk(name, loops);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            byte[] page = new byte[PAGE];
            disk.length = file.length();
            for (long at = 0; at < disk.length; at += PAGE) {
                int n = (int) Math.min(PAGE, disk.length - at);
                file.seek(at);
                file.readFully(page, 0, n);
                for (int i = 0; i < n; i++) {
                    if (page[i] != 0) {
                        disk.put(at, page, 0, n);
                        break;
                    }
                }
            }
        }
        return disk;
    }

    void save(Path path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(0);
            file.setLength(length);
            for (var page : pages.entrySet()) {
                file.seek(page.getKey() * PAGE);
                file.write(page.getValue(), 0,
                        (int) Math.min(PAGE, length - page.getKey() * PAGE));
            }
        }
    }

    MemoryDisk copy(LoopsInTurn other) {
        MemoryDisk copy = new MemoryDisk(name, other);
        pages.forEach((at, page) -> copy.pages.put(at, page.clone()));
        copy.length = length;
        return copy;
    }

    /** What may be left after a cut at {@code time}, on top of {@code start}. */
    MemoryDisk afterCut(MemoryDisk start, LoopsInTurn other, long time, Random random) {
        MemoryDisk left = start.copy(other);
        long stable = -1;
        for (Flushed f : flushes) {
            if (f.ended <= time) {
                stable = Math.max(stable, f.started);
            }
        }
        return left(left, time, stable, random);
    }

    /** What is left when the process ends at {@code time}: all that the host completed. */
    MemoryDisk afterKill(MemoryDisk start, LoopsInTurn other, long time, Random random) {
        return left(start.copy(other), time, time, random);
    }

    private MemoryDisk left(MemoryDisk left, long time, long stable, Random random) {
        boolean mostly = random.nextBoolean();
        for (Change c : changes) {
            if (c.issued > time) {
                continue;
            }
            boolean sure = c.done[0] >= 0 && c.done[0] <= (c.fua ? time : stable);
            if (sure || (mostly ? random.nextInt(8) != 0 : random.nextBoolean())) {
                if (c.data != null) {
                    left.put(c.offset, c.data, 0, c.data.length);
                    left.length = Math.max(left.length, c.offset + c.data.length);
                } else {
                    left.setLength(c.truncateTo);
                }
            }
        }
        return left;
    }

    void put(long offset, byte[] data, int from, int bytes) {
        for (int done = 0; done < bytes;) {
            long at = offset + done;
            int n = (int) Math.min(bytes - done, PAGE - at % PAGE);
            System.arraycopy(data, from + done,
                    pages.computeIfAbsent(at / PAGE, k -> new byte[PAGE]), (int) (at % PAGE), n);
            done += n;
        }
    }

    byte[] get(long offset, int bytes) {
        byte[] data = new byte[bytes];
        for (int done = 0; done < bytes;) {
            long at = offset + done;
            int n = (int) Math.min(bytes - done, PAGE - at % PAGE);
            byte[] page = pages.get(at / PAGE);
            if (page != null) {
                System.arraycopy(page, (int) (at % PAGE), data, done, n);
            }
            done += n;
        }
        return data;
    }

    void setLength(long bytes) {
        if (bytes < length) {
            pages.tailMap((bytes + PAGE - 1) / PAGE, true).clear();
            byte[] last = pages.get(bytes / PAGE);
            if (last != null) {
                java.util.Arrays.fill(last, (int) (bytes % PAGE), PAGE, (byte) 0);
            }
        }
        length = bytes;
    }

    private void step(String verb, long offset, long bytes) throws BlockException {
        loops.hostEvent();
        if (slow) {
            loops.awaitHost();
        }
        loops.hostEvent();
        if (fault.fails(verb, offset, bytes)) {
            throw new BlockException(Kind.IO, "injected: " + verb + " at " + offset);
        }
    }

    private Change log(long offset, byte[] data, long truncateTo, boolean fua) {
        Change change = new Change(offset, data, truncateTo, loops.hostEvents(), new long[] {-1}, fua);
        if (logging) {
            changes.add(change);
        }
        return change;
    }

    @Override
    public String name() {
        return "file";
    }

    @Override
    public String nodeName() {
        return name;
    }

    @Override
    public String filename() {
        return name;
    }

    @Override
    public long length() {
        return length;
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
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        readCount++;
        if (offset < 0 || offset + bytes > length) {
            throw new AssertionError("read behind the end: " + offset + "+" + bytes);
        }
        step("read", offset, bytes);
        iov.copyFrom(from, MemorySegment.ofArray(get(offset, (int) bytes)), 0, bytes);
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        writeCount++;
        if (offset < 0 || offset + bytes > length) {
            throw new AssertionError("write behind the end: " + offset + "+" + bytes);
        }
        byte[] data = new byte[(int) bytes];
        iov.copyTo(from, MemorySegment.ofArray(data), 0, bytes);
        Change change = log(offset, data, 0, (flags & RequestFlags.FUA) != 0);
        step("write", offset, bytes);
        put(offset, data, 0, data.length);
        change.done[0] = loops.hostEvents();
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        IoVector zeroes = IoVector.of(MemorySegment.ofArray(new byte[(int) bytes]));
        pwritev(offset, bytes, zeroes, 0, flags);
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        discardCount++;
        byte[] junk = new byte[(int) Math.min(bytes, length - offset)];
        java.util.Arrays.fill(junk, (byte) 0xdd);
        Change change = log(offset, junk, 0, false);
        step("discard", offset, bytes);
        put(offset, junk, 0, junk.length);
        change.done[0] = loops.hostEvents();
    }

    @Override
    public void flush() throws BlockException {
        flushCount++;
        long started = loops.hostEvents();
        step("flush", 0, 0);
        flushes.add(new Flushed(started, loops.hostEvents()));
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        return BlockStatus.dataAt(bytes, offset, name);
    }

    @Override
    public void truncate(long newLength, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        Change change = log(0, null, newLength, false);
        step("truncate", newLength, 0);
        setLength(newLength);
        change.done[0] = loops.hostEvents();
    }

    @Override
    public long allocatedBytes() {
        return pages.size() * (long) PAGE;
    }

    long getLong(long offset) {
        return MemorySegment.ofArray(get(offset, 8)).get(
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN), 0);
    }

    void putLong(long offset, long value) {
        byte[] raw = new byte[8];
        MemorySegment.ofArray(raw).set(
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN), 0,
                value);
        put(offset, raw, 0, 8);
    }
}
