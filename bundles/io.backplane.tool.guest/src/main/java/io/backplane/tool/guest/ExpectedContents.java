package io.backplane.tool.guest;

import io.backplane.tool.guest.frontend.BlkQueue;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a disk should contain: for each unit the number of the write that filled it last. The
 * pattern of a unit follows from the seed, its place and that number, so nothing but the numbers is
 * kept. A unit belongs to one thread at a time.
 *
 * <pre>
 * unit:  0 position on the disk u64 | 8 write number u32, seed u32 | 16 words that follow from both
 * file:  0 magic u64 | 8 seed u64 | 16 unit bytes u32 | 20 unit count u32 | 24 next write u32 |
 *        28 number of each unit u32
 * </pre>
 */
public final class ExpectedContents {
    /** Nobody knows. */
    public static final int UNKNOWN = 0;
    /** All zeroes. */
    public static final int ZERO = 1;

    private static final int FIRST_WRITE = 2;
    private static final long MAGIC = 0x6261636b766d6170L;
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final long STEP = 0x9e3779b97f4a7c15L;

    // Immutable
    private final long seed;
    private final int unitBytes;
    private final int[] writes;

    // Any thread
    private final AtomicInteger nextWrite;

    private ExpectedContents(long seed, int unitBytes, int[] writes, int nextWrite) {
        this.seed = seed;
        this.unitBytes = unitBytes;
        this.writes = writes;
        this.nextWrite = new AtomicInteger(nextWrite);
    }

    /** A disk nothing is known of. */
    public static ExpectedContents unknown(long seed, int unitBytes, int unitCount) {
        return new ExpectedContents(seed, unitBytes, new int[unitCount], FIRST_WRITE);
    }

    /** Reads what {@link #save} wrote. */
    public static ExpectedContents load(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(
                new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readLong() != MAGIC) {
                throw new IOException(file + " is no record of expected contents");
            }
            long seed = in.readLong();
            int unitBytes = in.readInt();
            int count = in.readInt();
            int next = in.readInt();
            if (count < 0 || Files.size(file) != 28 + 4L * count || unitBytes < 512) {
                throw new IOException(file + " is damaged: " + count + " units of " + unitBytes);
            }
            int[] writes = new int[count];
            for (int i = 0; i < count; i++) {
                writes[i] = in.readInt();
            }
            return new ExpectedContents(seed, unitBytes, writes, next);
        }
    }

    /** Writes it to a file. */
    public void save(Path file) throws IOException {
        try (DataOutputStream out = new DataOutputStream(
                new BufferedOutputStream(Files.newOutputStream(file)))) {
            out.writeLong(MAGIC);
            out.writeLong(seed);
            out.writeInt(unitBytes);
            out.writeInt(writes.length);
            out.writeInt(nextWrite.get());
            for (int write : writes) {
                out.writeInt(write);
            }
        }
    }

    /** The seed of the patterns. */
    public long seed() {
        return seed;
    }

    /** Bytes of a unit. */
    public int unitBytes() {
        return unitBytes;
    }

    /** Number of units. */
    public int unitCount() {
        return writes.length;
    }

    /** What unit {@code index} contains. */
    public int write(int index) {
        return writes[index];
    }

    /** From now on a range contains what write {@code number} put there. */
    public void set(int first, int count, int number) {
        Arrays.fill(writes, first, first + count, number);
    }

    /** A number for a new write. */
    public int newWrite() {
        return nextWrite.getAndIncrement();
    }

    /** Number of units whose contents are known. */
    public int knownCount() {
        int count = 0;
        for (int write : writes) {
            if (write != UNKNOWN) {
                count++;
            }
        }
        return count;
    }

    /** Fills {@code count} units from {@code first} on as write {@code number} does. */
    public void fill(MemorySegment memory, long offset, int first, int count, int number) {
        for (int i = 0; i < count; i++) {
            long at = offset + (long) i * unitBytes;
            long position = (long) (first + i) * unitBytes;
            long tag = tag(number);
            memory.set(WORD, at, position);
            memory.set(WORD, at + 8, tag);
            long word = mix(position ^ tag * STEP);
            for (int j = 16; j < unitBytes; j += 8) {
                memory.set(WORD, at + j, word);
                word += STEP;
            }
        }
    }

    private long tag(int number) {
        return number & 0xffffffffL | seed << 32;
    }

    private static long mix(long x) {
        long y = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
        y = (y ^ y >>> 27) * 0x94d049bb133111ebL;
        return y ^ y >>> 31;
    }

    /**
     * Compares units that were read with what they should contain.
     *
     * @return null if they agree, else what is wrong and where
     */
    public String check(MemorySegment memory, long offset, int first, int count) {
        for (int i = 0; i < count; i++) {
            int number = writes[first + i];
            if (number == UNKNOWN) {
                continue;
            }
            long bad = firstDifference(memory, offset + (long) i * unitBytes, first + i, number);
            if (bad >= 0) {
                return describe(memory, offset + (long) i * unitBytes, first + i, number, bad);
            }
        }
        return null;
    }

    private long firstDifference(MemorySegment memory, long at, int unit, int number) {
        long position = (long) unit * unitBytes;
        long tag = tag(number);
        long word = mix(position ^ tag * STEP);
        for (int j = 0; j < unitBytes; j += 8) {
            long expected;
            if (number == ZERO) {
                expected = 0;
            } else if (j == 0) {
                expected = position;
            } else if (j == 8) {
                expected = tag;
            } else {
                expected = word;
                word += STEP;
            }
            if (memory.get(WORD, at + j) != expected) {
                return j;
            }
        }
        return -1;
    }

    private String describe(MemorySegment memory, long at, int unit, int number, long bad) {
        long position = memory.get(WORD, at);
        long tag = memory.get(WORD, at + 8);
        String found;
        if (tag >>> 32 == (seed & 0xffffffffL) && (int) tag >= FIRST_WRITE) {
            found = "write " + (int) tag + " of position " + position;
        } else if (position == 0 && tag == 0) {
            found = "zeroes";
        } else {
            found = "foreign data";
        }
        return "at byte " + ((long) unit * unitBytes + bad) + " (sector "
                + ((long) unit * unitBytes + bad) / BlkQueue.SECTOR_BYTES + "): expected "
                + (number == ZERO ? "zeroes" : "write " + number) + ", found " + found
                + String.format(" (%016x %016x)", position, tag);
    }
}
