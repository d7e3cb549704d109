package io.backplane.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IoVectorTest {
    private static final int TOTAL_BYTES = 40_000;

    private final long seed = Long.getLong("backplane.seed", System.nanoTime() & 0xffff);
    private final Random random = new Random(seed);

    /** Elements of odd lengths at odd offsets, with bytes between them that must stay. */
    private IoVector scattered() {
        IoVector iov = new IoVector(1);
        int left = TOTAL_BYTES;
        while (left > 0) {
            int length = Math.min(left, 1 + random.nextInt(5000));
            MemorySegment segment = MemorySegment.ofArray(new byte[length + 20]);
            iov.add(segment, random.nextInt(20), length);
            left -= length;
        }
        return iov;
    }

    private byte[] bytes(int count) {
        byte[] data = new byte[count];
        random.nextBytes(data);
        return data;
    }

    private static byte[] contents(IoVector iov) {
        byte[] data = new byte[(int) iov.bytes()];
        iov.copyTo(0, MemorySegment.ofArray(data), 0, data.length);
        return data;
    }

    @Test
    void copiesAndFillsOfWindowsEqualThoseOfAPlainArray() {
        System.out.println("-Dbackplane.seed=" + seed);
        IoVector iov = scattered();
        byte[] model = new byte[TOTAL_BYTES];
        for (int round = 0; round < 500; round++) {
            int from = random.nextInt(TOTAL_BYTES);
            int length = random.nextInt(TOTAL_BYTES - from + 1);
            switch (random.nextInt(3)) {
                case 0 -> {
                    byte[] data = bytes(length);
                    iov.copyFrom(from, MemorySegment.ofArray(data), 0, length);
                    System.arraycopy(data, 0, model, from, length);
                }
                case 1 -> {
                    byte value = (byte) random.nextInt(2);
                    iov.fill(from, length, value);
                    Arrays.fill(model, from, from + length, value);
                }
                default -> {
                    byte[] data = new byte[length];
                    iov.copyTo(from, MemorySegment.ofArray(data), 0, length);
                    assertArrayEquals(Arrays.copyOfRange(model, from, from + length), data);
                }
            }
        }
        assertArrayEquals(model, contents(iov));
    }

    @Test
    void aWindowOfAnotherVectorSharesItsMemory() {
        IoVector iov = scattered();
        byte[] data = bytes(TOTAL_BYTES);
        iov.copyFrom(0, MemorySegment.ofArray(data), 0, TOTAL_BYTES);
        IoVector window = new IoVector().addWindow(iov, 1000, 20_000);
        assertEquals(20_000, window.bytes());
        assertArrayEquals(Arrays.copyOfRange(data, 1000, 21_000), contents(window));
        window.fill(0, 1, (byte) ~data[1000]);
        assertEquals((byte) ~data[1000], contents(iov)[1000]);
    }

    @Test
    void oneByteThatIsNotZeroIsFoundWhereverItIs() {
        IoVector iov = scattered();
        for (int at : new int[] {0, 1, 7, 8, 4095, 4096, TOTAL_BYTES - 1}) {
            iov.fill(0, TOTAL_BYTES, (byte) 0);
            assertTrue(iov.isZero(0, TOTAL_BYTES));
            iov.fill(at, 1, (byte) 1);
            assertFalse(iov.isZero(0, TOTAL_BYTES), "byte " + at);
            assertTrue(iov.isZero(0, at));
            assertTrue(iov.isZero(at + 1, TOTAL_BYTES - at - 1));
        }
    }

    @Test
    void alignmentLooksAtTheWindowOnly() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(8192, 4096);
            IoVector iov = new IoVector().add(segment, 0, 512).add(segment, 1000, 3096);
            assertTrue(iov.isAligned(0, 512, 512));
            assertFalse(iov.isAligned(0, 1024, 512));
            assertTrue(iov.isAligned(512 + 24, 3072, 512));
            assertTrue(iov.isAligned(1, 5, 1));
        }
    }

    @Test
    void rangesOutsideAreRefused() {
        MemorySegment segment = MemorySegment.ofArray(new byte[100]);
        IoVector iov = new IoVector().add(segment, 50, 50);
        assertThrows(IndexOutOfBoundsException.class, () -> iov.add(segment, 51, 50));
        assertThrows(IndexOutOfBoundsException.class, () -> iov.add(segment, -1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> iov.fill(1, 50, (byte) 0));
        assertThrows(IndexOutOfBoundsException.class,
                () -> iov.copyTo(50, segment, 0, Long.MAX_VALUE));
        assertEquals(1, iov.count());
        iov.clear();
        assertEquals(0, iov.bytes());
    }

    @Test
    void thePoolGivesBuffersAgainAndFindsOneClosedTwice() {
        try (BufferPool pool = new BufferPool()) {
            BufferPool.Buffer first = pool.take(5000);
            assertEquals(5000, first.segment().byteSize());
            assertEquals(0, first.segment().address() % BufferPool.ALIGN_BYTES);
            first.segment().set(ValueLayout.JAVA_BYTE, 4999, (byte) 1);
            first.close();
            assertThrows(IllegalStateException.class, first::close);
            BufferPool.Buffer again = pool.take(8192);
            assertEquals(first, again);
            assertEquals(8192, again.vector().bytes());
            BufferPool.Buffer large = pool.take((1 << 20) + 1);
            large.close();
            again.close();
        }
    }
}
