package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** On-disk structures: round trip, bytes made by qemu-img 7.2, and bytes nobody should make. */
class StructureTest {
    /** Head of {@code qemu-img create -f qcow2 -o compression_type=zstd,lazy_refcounts=on x 1G}. */
    private static final String GOLDEN = "514649fb 00000003 0000000000000000 00000000 00000010"
            + "0000000040000000 00000000 00000002 0000000000030000 0000000000010000 00000001"
            + "00000000 0000000000000000 0000000000000008 0000000000000001 0000000000000000"
            + "00000004 00000070 01 00000000000000";

    private static MemorySegment golden() {
        return MemorySegment.ofArray(HexFormat.of().parseHex(GOLDEN.replace(" ", "")));
    }

    @Test
    void goldenHeaderIsDecodedAndEncodedTheSame() throws Exception {
        Header header = Header.decode(golden());
        header.validate(false, FeatureNameTable.OWN);
        assertEquals(1L << 30, header.size());
        assertEquals(1, header.compressionType());
        assertEquals(0x30000, header.l1Offset());
        byte[] out = new byte[112];
        header.encode(MemorySegment.ofArray(out));
        assertArrayEquals(golden().toArray(Be.BYTE), out);
    }

    @Test
    void hostileHeadersAreRefusedAndNeverFailOtherwise() {
        for (int offset = 0; offset < 112; offset++) {
            for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
                MemorySegment head = golden();
                head.set(Be.BYTE, offset, (byte) value);
                decodeQuietly(head);
            }
        }
        for (int bytes = 0; bytes < 112; bytes++) {
            decodeQuietly(golden().asSlice(0, bytes));
        }
    }

    private static void decodeQuietly(MemorySegment head) {
        try {
            Header.decode(head).validate(false, FeatureNameTable.OWN);
        } catch (BlockException e) {
            assertTrue(e.getMessage().length() > 5);
        }
    }

    private static String problem(int offset, long value, int width) {
        MemorySegment head = golden();
        if (width == 8) {
            head.set(Be.LONG, offset, value);
        } else {
            head.set(Be.INT, offset, (int) value);
        }
        return assertThrows(BlockException.class, () -> Header.decode(head).validate(false,
                FeatureNameTable.OWN)).getMessage();
    }

    @Test
    void featureNamesMayEndWithTheirExtension() {
        byte[] cut = "\0\77Test feature".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        FeatureNameTable names = FeatureNameTable.decode(cut);
        assertEquals("Test feature", names.describeIncompatible(1L << 63));
        assertEquals("Test feature, Unknown incompatible feature: 4000000000000000",
                names.describeIncompatible(3L << 62));
        assertEquals(0, FeatureNameTable.decode(new byte[96]).entries().size());
    }

    @Test
    void errorsHaveTheWordsOfQemu() {
        assertEquals("Image is not in qcow2 format", problem(0, 0, 4));
        assertEquals("Unsupported qcow2 version 4", problem(4, 4, 4));
        assertEquals("Unsupported cluster size: 2^22", problem(20, 22, 4));
        assertEquals("L1 table is too small", problem(36, 1, 4));
        assertEquals("Image is too big", problem(24, Long.MAX_VALUE, 8));
        assertEquals("Active L1 table too large", problem(36, 0xffffffffL, 4));
        assertEquals("Active L1 table offset invalid", problem(40, 0x30001, 8));
        assertEquals("Reference count table too large", problem(56, 0x1000, 4));
        assertEquals("Image does not contain a reference count table", problem(56, 0, 4));
        assertEquals("Snapshot table too large", problem(60, 0xffffffffL, 4));
        assertEquals("qcow2: Image is corrupt; cannot be opened read/write", problem(72, 10, 8));
        assertEquals("qcow2: Compression type incompatible feature bit must be set",
                problem(72, 0, 8).replace("must not", "must"));
        assertEquals("Reference count entry width too large; may not exceed 64 bits",
                problem(96, 7, 4));
        assertEquals("qcow2 header too short", problem(100, 96, 4));
        assertEquals("qcow2 header exceeds cluster size", problem(100, 0x10008, 4));
        assertTrue(problem(32, 2, 4).contains("'luks'"));
    }

    @Test
    void unknownIncompatibleFeaturesAreNamedFromTheImage() throws Exception {
        FeatureNameTable names = new FeatureNameTable(
                List.of(new FeatureNameTable.Entry(0, 40, "time travel")));
        FeatureNameTable read = FeatureNameTable.decode(names.encode());
        assertEquals(names, read);
        MemorySegment head = golden();
        head.set(Be.LONG, 72, 1L << 40 | 1L << 41 | 8);
        assertEquals("Unsupported qcow2 feature(s): time travel, Unknown incompatible feature:"
                + " 20000000000", assertThrows(BlockException.class,
                        () -> Header.decode(head).validate(true, read)).getMessage());
    }

    @Test
    void extensionsRoundTripAndBoundTheirLengths() throws Exception {
        List<HeaderExtension> all = List.of(
                new HeaderExtension(HeaderExtension.BACKING_FORMAT, "raw".getBytes("UTF-8")),
                new HeaderExtension(0x12345678, new byte[17]));
        MemorySegment head = MemorySegment.ofArray(new byte[512]);
        long end = HeaderExtension.encodeAll(all, head, 112);
        assertEquals(112 + 16 + 32 + 8, end);
        List<HeaderExtension> read = HeaderExtension.decodeAll(head, 112, 512);
        assertEquals(2, read.size());
        assertEquals(0x12345678, read.get(1).type());
        assertEquals(17, read.get(1).data().length);
        head.set(Be.INT, 116, -1);
        assertEquals("Header extension too large", assertThrows(BlockException.class,
                () -> HeaderExtension.decodeAll(head, 112, 512)).getMessage());
        for (int limit = 112; limit < 180; limit++) {
            int to = limit;
            try {
                HeaderExtension.decodeAll(head, 112, to);
            } catch (BlockException e) {
                assertEquals("Header extension too large", e.getMessage());
            }
        }
    }

    @Test
    void refcountsOfEveryWidthStandWhereTheSpecificationSays() {
        for (int order = 0; order <= 6; order++) {
            MemorySegment block = MemorySegment.ofArray(new byte[512]);
            long max = RefcountBlock.maxCount(order);
            for (int i = 0; i < 512 * 8 >> order; i++) {
                RefcountBlock.set(block, order, i, i & max);
            }
            for (int i = 0; i < 512 * 8 >> order; i++) {
                assertEquals(i & max, RefcountBlock.get(block, order, i), "order " + order);
            }
        }
        MemorySegment block = MemorySegment.ofArray(new byte[512]);
        RefcountBlock.set(block, 0, 1, 1);
        RefcountBlock.set(block, 2, 3, 0xa);
        assertEquals((byte) 2, block.get(Be.BYTE, 0));
        assertEquals((byte) 0xa0, block.get(Be.BYTE, 1));
    }

    @Test
    void compressedDescriptorGivesOffsetAndLengthUpToTheSectorEnd() {
        Layout layout = new Layout(3, 16, false, 4, false);
        long entry = L2Entry.COMPRESSED | 3L << 54 | 0x12345;
        assertEquals(0x12345, layout.compressedOffset(entry));
        assertEquals(4 * 512 - 0x145, layout.compressedBytes(entry));
    }

    @Test
    void subclusterBitsThatContradictAreInvalid() {
        Layout layout = new Layout(3, 16, true, 4, false);
        assertEquals(L2Entry.DATA, L2Entry.kind(layout, 0x10000, 1, 0));
        assertEquals(L2Entry.READS_ZERO, L2Entry.kind(layout, 0x10000, 1L << 33, 1));
        assertEquals(L2Entry.UNALLOCATED, L2Entry.kind(layout, 0x10000, 1, 1));
        assertEquals(L2Entry.INVALID, L2Entry.kind(layout, 0x10000, 1 | 1L << 32, 0));
        assertEquals(L2Entry.INVALID, L2Entry.kind(layout, 0, 1, 0));
        assertEquals(L2Entry.INVALID, L2Entry.kind(layout, 0x10200, 1, 0));
    }

    @Test
    void snapshotEntriesAreBounded() throws Exception {
        MemorySegment entry = MemorySegment.ofArray(new byte[64]);
        entry.set(Be.LONG, 0, 0x50000);
        entry.set(Be.INT, 8, 4);
        entry.set(Be.SHORT, 12, (short) 1);
        entry.set(Be.SHORT, 14, (short) 3);
        entry.set(Be.INT, 36, 16);
        MemorySegment.copy("7abc".getBytes("UTF-8"), 0, entry, Be.BYTE, 56, 4);
        SnapshotHeader read = SnapshotHeader.decode(entry, 0);
        assertEquals(new SnapshotHeader(0x50000, 4, "7", "abc", 64, read.info()), read);
        assertEquals("abc", read.info().name());
        for (int bytes = 0; bytes < 60; bytes++) {
            MemorySegment cut = entry.asSlice(0, bytes);
            assertThrows(BlockException.class, () -> SnapshotHeader.decode(cut, 0));
        }
        entry.set(Be.INT, 36, -1);
        assertThrows(BlockException.class, () -> SnapshotHeader.decode(entry, 0));
    }

    @Test
    void bitmapsExtensionIsBounded() throws Exception {
        byte[] data = HexFormat.of().parseHex("0000000100000000" + "0000000000000020"
                + "0000000000050000");
        assertEquals(new BitmapsExtension(1, 32, 0x50000), BitmapsExtension.decode(data, 16));
        for (int i = 0; i < 24; i++) {
            byte[] bad = data.clone();
            bad[i] ^= (byte) 0xff;
            try {
                BitmapsExtension.decode(bad, 16);
            } catch (BlockException e) {
                assertTrue(e.getMessage().startsWith("bitmaps_ext: "));
            }
        }
    }
}
