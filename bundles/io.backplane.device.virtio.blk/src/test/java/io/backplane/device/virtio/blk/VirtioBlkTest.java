package io.backplane.device.virtio.blk;

import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U64;
import static io.backplane.virtio.LittleEndian.U8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.RequestFlags;
import io.backplane.rules.Rule;
import io.backplane.tck.GuestRing;
import io.backplane.virtio.VirtQueue;
import io.backplane.virtio.VirtQueueElement;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceRequest;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VirtioBlkTest {
    private static final int OK = 0;
    private static final int IOERR = 1;
    private static final int UNSUPP = 2;
    private static final long OUT = GuestRing.DATA;
    private static final long IN = GuestRing.DATA + 0x20000;
    private static final long LAST = (1 << 20) / 512;

    private final FakeDisk disk = new FakeDisk();
    private final GuestRing guest = new GuestRing(new Random(1));
    private final MemorySegment memory = guest.memory();
    private VirtioBlk device;
    private VirtioBlkQueue handler;
    private VirtQueue queue;
    private int offered;

    @BeforeEach
    void open() throws Exception {
        open(512, false);
    }

    private void open(int blockBytes, boolean writeThrough) throws Exception {
        device = (VirtioBlk) model().create(request(2, blockBytes, writeThrough));
        handler = new VirtioBlkQueue(device, disk, blockBytes, MemorySegment.ofArray(
                "serial-number-longer".getBytes(StandardCharsets.US_ASCII)));
        offered = 0;
        queue = guest.open(0);
    }

    private VirtioDeviceRequest request(int queueCount, long blockBytes, boolean writeThrough) {
        return new VirtioDeviceRequest("x", new VirtioBlkOptions("node", "serial-number-longer",
                queueCount, blockBytes, null, writeThrough ? VirtioBlkOptions.OnOffAuto.OFF : null,
                null, null, null), disk);
    }

    private static VirtioBlkModel model() {
        return new VirtioBlkModel((name, ops) -> () -> { });
    }

    /** Runs a request of {@code out} readable and {@code in} writable bytes; -1: no answer. */
    private int run(long type, long sector, int out, int in) {
        memory.set(U32, OUT, (int) type);
        memory.set(U64, OUT + 8, sector);
        int index = 0;
        if (out > 0) {
            desc(index++, OUT, out, in > 0 ? 1 : 0);
        }
        if (in > 0) {
            memory.set(U8, IN + in - 1, (byte) 0x55);
            desc(index, IN, in, 2);
        }
        guest.offer(0);
        offered++;
        try (VirtQueueElement element = queue.pop()) {
            handler.handle(element);
        }
        if (guest.broken() != null) {
            return -1;
        }
        assertEquals(offered, guest.usedIndex());
        assertEquals(in, guest.lastUsedBytes());
        return memory.get(U8, IN + in - 1) & 0xff;
    }

    private void desc(int index, long offset, int bytes, int flags) {
        guest.desc(index, GuestRing.BASE + offset, bytes, flags, index + 1);
    }

    private void range(int index, long sector, long count, long flags) {
        long at = OUT + 16 + 16L * index;
        memory.set(U64, at, sector);
        memory.set(U32, at + 8, (int) count);
        memory.set(U32, at + 12, (int) flags);
    }

    @Test
    void readAndWriteMoveDataAndAnswer() {
        memory.set(U64, OUT + 16, 0x1122334455667788L);
        assertEquals(OK, run(1, 3, 16 + 512, 1));
        assertEquals(0x1122334455667788L, disk.contents.get(U64, 3 * 512));
        assertEquals(OK, run(0, 3, 16, 513));
        assertEquals(0x1122334455667788L, memory.get(U64, IN));
        assertEquals(List.of("write 1536+512 flags 0", "read 1536+512"), disk.calls);
    }

    @Test
    void rangesOutsideTheDiskAreIoErrorsWithoutIo() {
        for (long sector : new long[] {LAST, LAST + 1, -1, Long.MIN_VALUE, Long.MAX_VALUE,
            1L << 55, (1L << 55) - 1}) {
            assertEquals(IOERR, run(0, sector, 16, 513), "read at " + sector);
            assertEquals(IOERR, run(1, sector, 16 + 512, 1), "write at " + sector);
        }
        assertEquals(IOERR, run(0, LAST - 1, 16, 1025));
        assertEquals(OK, run(0, LAST - 1, 16, 513));
        assertEquals(List.of("read " + (LAST - 1) * 512 + "+512"), disk.calls);
    }

    @Test
    void lengthsThatAreNoMultipleOfTheBlockAreIoErrors() throws Exception {
        assertEquals(IOERR, run(0, 0, 16, 512));
        assertEquals(IOERR, run(1, 0, 16 + 511, 1));
        open(4096, false);
        assertEquals(IOERR, run(0, 0, 16, 513));
        assertEquals(IOERR, run(0, 1, 16, 4097));
        assertEquals(OK, run(0, 8, 16, 4097));
    }

    @Test
    void emptyTransfersSucceedWithoutIo() {
        assertEquals(OK, run(0, LAST, 16, 1));
        assertEquals(OK, run(1, 0, 16, 1));
        assertTrue(disk.calls.isEmpty());
    }

    @Test
    void requestWithoutHeaderOrStatusBreaksTheDevice() throws Exception {
        for (int[] shape : new int[][] {{15, 1}, {16, 0}, {0, 1}, {1, 513}}) {
            open();
            assertEquals(-1, run(0, 0, shape[0], shape[1]));
            assertNotNull(guest.broken());
            assertEquals(0, queue.inUse());
        }
    }

    @Test
    void unknownTypesAreUnsupported() {
        for (long type : new long[] {2, 3, 5, 9, 10, 12, 14, 0x80000000L, 0xffffffffL}) {
            assertEquals(UNSUPP, run(type, 0, 16 + 512, 1), "type " + type);
        }
        assertTrue(disk.calls.isEmpty());
    }

    @Test
    void idIsTwentyBytesOfTheSerial() {
        assertEquals(OK, run(8, 0, 16, 21));
        byte[] id = memory.asSlice(IN, 20).toArray(U8);
        assertEquals("serial-number-longer", new String(id, StandardCharsets.US_ASCII));
        assertEquals(OK, run(8, 0, 16, 5));
        assertEquals(OK, run(8, 0, 16, 101));
    }

    @Test
    void discardTakesSeveralRanges() {
        range(0, 8, 8, 0);
        range(1, LAST - 8, 8, 0);
        assertEquals(OK, run(11, 0, 48, 1));
        assertEquals(List.of("discard 4096+4096", "discard " + (LAST - 8) * 512 + "+4096"),
                disk.calls);
    }

    @Test
    void zeroesMayUnmap() {
        range(0, 0, 1, 1);
        range(1, 1, 1, 0);
        assertEquals(OK, run(13, 0, 48, 1));
        assertEquals(List.of("zeroes 0+512 flags " + RequestFlags.MAY_UNMAP,
                "zeroes 512+512 flags 0"), disk.calls);
    }

    @Test
    void badRangesAreRefusedWithoutIo() {
        range(0, 0, 1, 1);
        assertEquals(UNSUPP, run(11, 0, 32, 1), "unmap in a discard");
        range(0, 0, 1, 2);
        assertEquals(UNSUPP, run(13, 0, 32, 1), "unknown flag");
        range(0, LAST, 1, 0);
        assertEquals(IOERR, run(11, 0, 32, 1));
        range(0, -1, 0xffffffffL, 0);
        assertEquals(IOERR, run(13, 0, 32, 1));
        range(0, 0, VirtioBlk.RANGE_SECTORS_MAX + 1, 0);
        assertEquals(IOERR, run(11, 0, 32, 1));
        assertEquals(IOERR, run(11, 0, 16, 1), "no range");
        assertEquals(IOERR, run(11, 0, 31, 1), "half a range");
        assertEquals(IOERR, run(11, 0, 16 + 16 * 33, 1), "33 ranges");
        assertTrue(disk.calls.isEmpty());
    }

    @Test
    void readOnlyDiskRefusesEveryChange() {
        disk.writable = false;
        range(0, 0, 1, 0);
        assertEquals(IOERR, run(1, 0, 16 + 512, 1));
        assertEquals(IOERR, run(11, 0, 32, 1));
        assertEquals(IOERR, run(13, 0, 32, 1));
        assertEquals(OK, run(4, 0, 16, 1));
        assertEquals(List.of("flush"), disk.calls);
        assertTrue((device.features() & VirtioBlk.F_RO) != 0);
        assertEquals(0, device.features() & (VirtioBlk.F_DISCARD | VirtioBlk.F_WRITE_ZEROES));
    }

    @Test
    void troubleBelowIsAnIoErrorAndUnsupportedIsSaid() {
        disk.failure = new BlockException(BlockException.Kind.IO, "medium");
        assertEquals(IOERR, run(0, 0, 16, 513));
        assertEquals(IOERR, run(4, 0, 16, 1));
        disk.failure = new BlockException(BlockException.Kind.NO_SPACE, "full");
        assertEquals(IOERR, run(1, 0, 16 + 512, 1));
        disk.failure = BlockException.NOT_SUPPORTED;
        range(0, 0, 1, 0);
        assertEquals(UNSUPP, run(11, 0, 32, 1));
        assertNull(guest.broken());
    }

    @Test
    void requestThatIsTakenBackStaysInTheRing() {
        disk.failure = new BlockException(BlockException.Kind.RETRACTED, "for later");
        desc(0, OUT, 16 + 512, 1);
        desc(1, IN, 1, 2);
        memory.set(U32, OUT, 1);
        memory.set(U64, OUT + 8, 0);
        guest.offer(0);
        try (VirtQueueElement element = queue.pop()) {
            handler.handle(element);
        }
        assertNull(guest.broken());
        assertEquals(0, guest.usedIndex(), "no answer");
        assertEquals(0, queue.inUse());
        assertEquals(List.of(0), java.util.Arrays.stream(queue.notTaken()).boxed().toList());
    }

    @Test
    void headerAndStatusMayBeCutAnyhow() {
        memory.set(U32, OUT, 0);
        memory.set(U64, OUT + 8, 1);
        disk.contents.set(U64, 512, 42);
        int at = 0;
        for (int piece : new int[] {1, 3, 8, 4}) {
            desc(at, OUT + (at == 0 ? 0 : at == 1 ? 1 : at == 2 ? 4 : 12), piece, 1);
            at++;
        }
        desc(at++, IN, 100, 3);
        desc(at, IN + 100, 413, 2);
        guest.offer(0);
        try (VirtQueueElement element = queue.pop()) {
            handler.handle(element);
        }
        assertEquals(42, memory.get(U64, IN));
        assertEquals(0, memory.get(U8, IN + 512));
        assertEquals(513, guest.lastUsedBytes());
    }

    @Test
    void writeCacheFollowsFeaturesAndConfiguration() throws Exception {
        assertEquals(0, device.writeFlags());
        device.acceptFeatures(VirtioBlk.F_FLUSH);
        assertEquals(0, device.writeFlags(), "FLUSH without CONFIG_WCE: cached");
        device.acceptFeatures(0);
        assertEquals(RequestFlags.FUA, device.writeFlags(), "no FLUSH: written through");
        device.acceptFeatures(VirtioBlk.F_FLUSH | VirtioBlk.F_CONFIG_WCE);
        assertTrue(device.writeConfig(32, new byte[] {0}));
        assertEquals(OK, run(1, 0, 16 + 512, 1));
        assertEquals(List.of("write 0+512 flags " + RequestFlags.FUA), disk.calls);
        byte[] seen = new byte[1];
        device.readConfig(32, seen);
        assertEquals(0, seen[0]);
        device.reset();
        device.readConfig(32, seen);
        assertEquals(1, seen[0]);
        open(512, true);
        assertEquals(RequestFlags.FUA, device.writeFlags());
    }

    @Test
    void onlyTheWritebackByteIsWritable() {
        assertFalse(device.writeConfig(0, new byte[8]));
        assertFalse(device.writeConfig(32, new byte[2]));
        assertFalse(device.writeConfig(31, new byte[2]));
    }

    @Test
    void configurationIsTheSpecifications() throws Exception {
        disk.limits = BlockLimits.NONE.withAlignment(4096, 512).withTransfer(0, 65536, 0)
                .withDiscard(65536, 0, 65536, 0);
        open(512, false);
        byte[] bytes = new byte[64];
        device.readConfig(0, bytes);
        String hex = java.util.HexFormat.of().formatHex(bytes);
        assertEquals("0008000000000000" + "00000000" + "7e000000" + "00000000" + "00020000"
                + "03" + "00" + "0100" + "80000000" + "01" + "00" + "0200" + "00002000"
                + "20000000" + "80000000" + "00002000" + "20000000" + "01" + "000000"
                + "00000000", hex);
        byte[] tail = new byte[4];
        device.readConfig(200, tail);
        assertEquals(0, tail[3]);
    }

    @Test
    @Rule("V8")
    void resizeIsAnnouncedOncePerChange() {
        int[] count = new int[1];
        device.attach(() -> count[0]++);
        device.resized();
        assertEquals(0, count[0], "nothing changed");
        disk.length = 1 << 19;
        device.resized();
        device.resized();
        assertEquals(1, count[0]);
    }

    @Test
    void impossibleOptionsAreRefusedByNameAndValue() {
        for (int block : new int[] {0, 256, 513, 65536, -512}) {
            BlockException e = assertThrows(BlockException.class, () -> model().create(
                    request(1, block, false)));
            assertTrue(e.getMessage().contains("logical_block_size")
                    && e.getMessage().contains("" + block), e.getMessage());
        }
        assertThrows(BlockException.class, () -> model().create(
                request(0, 512, false)));
        VirtioDevice device2 = device;
        assertEquals(2, device2.deviceId());
    }
}
