package io.backplane.tool.guest.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class BlkConfigTest {
    /** Configuration space of a 1 GiB null disk of qemu-storage-daemon 7.2 with four queues. */
    private static final String GOLDEN = "0000200000000000" + "00000000" + "7e000000"
            + "00000000" + "00020000" + "00" + "00" + "0100" + "01000000" + "00" + "00" + "0400"
            + "00800000" + "01000000" + "01000000" + "00800000" + "01000000" + "00" + "000000";

    @Test
    void decodesWhatAnotherImplementationShows() {
        BlkConfig config = BlkConfig.decode(
                MemorySegment.ofArray(HexFormat.of().parseHex(GOLDEN)));
        assertEquals(1 << 21, config.capacitySectors());
        assertEquals(126, config.segmentsMax());
        assertEquals(512, config.blockBytes());
        assertEquals(1, config.minIoBlocks());
        assertEquals(1, config.optimalIoBlocks());
        assertEquals(0, config.writeback());
        assertEquals(4, config.queues());
        assertEquals(32768, config.discardSectorsMax());
        assertEquals(1, config.discardSegmentsMax());
        assertEquals(1, config.discardAlignmentSectors());
        assertEquals(32768, config.zeroesSectorsMax());
        assertEquals(1, config.zeroesSegmentsMax());
        assertEquals(0, config.zeroesMayUnmap());
    }
}
