package io.backplane.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {

    private static GuestMemory.Region region(long address, int bytes) {
        return new GuestMemory.Region(address, MemorySegment.ofArray(new byte[bytes]));
    }

    @Test
    void findsEveryRegionOfManyWhateverTheirOrder() throws ViolationException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<GuestMemory.Region> regions = new ArrayList<>();
        for (int i = 0; i < 37; i++) {
            regions.add(regions.size() / 2, region(i * 0x1000L, 0x800));
        }
        GuestMemory memory = GuestMemory.of(regions);
        for (int i = 0; i < 1000; i++) {
            long address = random.nextInt(37 * 0x1000);
            boolean inside = address % 0x1000 < 0x800;
            int index = memory.find(address);
            assertEquals(inside, index >= 0, "seed " + seed + " address " + address);
            if (inside) {
                assertEquals(address % 0x1000, memory.offset(index, address));
            }
        }
    }

    @Test
    void rangeThatCrossesIntoAnAdjacentRegionIsSplit() throws ViolationException {
        GuestMemory memory = GuestMemory.of(List.of(region(0x1000, 0x1000), region(0x2000, 16),
                region(0x2010, 0x100)));
        IoVector iov = new IoVector();
        assertTrue(memory.addTo(iov, 0, 0x1ff0, 0x40) >= 0);
        assertEquals(3, iov.count());
        assertEquals(0x40, iov.bytes());
    }

    @Test
    void rangeThatEndsInAGapIsRefused() throws ViolationException {
        GuestMemory memory = GuestMemory.of(List.of(region(0x1000, 0x1000),
                region(0x3000, 0x1000)));
        assertEquals(-1, memory.addTo(new IoVector(), 0, 0x1ff0, 0x20));
        assertEquals(-1, memory.addTo(new IoVector(), 1, 0x2ff0, 1));
        assertEquals(-1, memory.addTo(new IoVector(), -1, 0, 1));
        assertNull(memory.slice(0x1ff0, 0x20));
        assertNotNull(memory.slice(0x1ff0, 0x10));
    }

    @Test
    void rangeDoesNotGoOverTheTopOfTheAddressSpace() throws ViolationException {
        GuestMemory memory = GuestMemory.of(List.of(region(-0x1000L, 0x1000), region(0, 0x1000)));
        assertTrue(memory.addTo(new IoVector(), 1, -0x10L, 0x10) >= 0);
        assertEquals(-1, memory.addTo(new IoVector(), 1, -0x10L, 0x11));
        assertEquals(-1, memory.addTo(new IoVector(), 0, -0x10L, 0xffffffffL));
    }

    @Test
    void impossibleRegionsAreRefused() {
        for (List<GuestMemory.Region> bad : List.of(
                List.of(region(0x1000, 0)),
                List.of(region(-1L, 2)),
                List.of(region(0x1000, 0x1000), region(0x1fff, 0x10)),
                List.of(region(0x1000, 0x1000), region(0x1000, 0x1000)),
                List.of(region(0x1800, 0x10), region(0x1000, 0x1000)))) {
            assertThrows(ViolationException.class, () -> GuestMemory.of(bad), bad.toString());
        }
    }

    @Test
    void noMemoryHoldsNothing() {
        assertEquals(-1, GuestMemory.NONE.find(0));
        assertEquals(-1, GuestMemory.NONE.addTo(new IoVector(), 0, 0, 1));
        assertNull(GuestMemory.NONE.slice(0, 1));
    }
}
