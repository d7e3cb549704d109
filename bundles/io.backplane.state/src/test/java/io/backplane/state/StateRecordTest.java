package io.backplane.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class StateRecordTest {
    private static final StateRecord QUEUE = StateRecord.builder("queue", 2)
            .number("index", -1).build();
    private static final StateRecord DEVICE = StateRecord.builder("virtio-blk", 1)
            .number("features", 0x1_0000_0001L)
            .flag("started", true)
            .text("serial", "ä1")
            .bytes("config", new byte[] {1, 2, 3})
            .record("queue0", QUEUE)
            .records("queues", List.of(QUEUE, StateRecord.empty("e")))
            .build();

    /** The record above, by hand from the tables of the format, without its envelope. */
    private static final String GOLDEN = "0a" + "76697274696f2d626c6b" + "00000001" + "0006"
            + "01" + "08" + "6665617475726573" + "0000000100000001"
            + "02" + "07" + "73746172746564" + "01"
            + "03" + "06" + "73657269616c" + "00000003" + "c3a431"
            + "04" + "06" + "636f6e666967" + "00000003" + "010203"
            + "05" + "06" + "717565756530" + "0000001b"
            + "05" + "7175657565" + "00000002" + "0001"
            + "01" + "05" + "696e646578" + "ffffffffffffffff"
            + "06" + "06" + "717565756573" + "00000002"
            + "0000001b"
            + "05" + "7175657565" + "00000002" + "0001"
            + "01" + "05" + "696e646578" + "ffffffffffffffff"
            + "00000008" + "01" + "65" + "00000000" + "0000";

    private static byte[] envelope(String hex) {
        byte[] record = HexFormat.of().parseHex(hex);
        ByteBuffer out = ByteBuffer.allocate(record.length + 12);
        out.put(new byte[] {'B', 'P', 'S', 'R'}).putInt(record.length).put(record);
        CRC32C crc = new CRC32C();
        crc.update(out.array(), 0, out.position());
        return out.putInt((int) crc.getValue()).array();
    }

    private static String refusal(String hex) {
        return assertThrows(StateException.class, () -> StateRecord.decode(envelope(hex)))
                .getMessage();
    }

    @Test
    void bytesAreThoseOfTheTables() throws StateException {
        assertEquals(HexFormat.of().formatHex(envelope(GOLDEN)),
                HexFormat.of().formatHex(DEVICE.encode()));
        assertEquals(DEVICE, StateRecord.decode(envelope(GOLDEN)));
    }

    @Test
    void whatWasPutInComesOut() throws StateException {
        StateRecord read = StateRecord.decode(DEVICE.encode()).requireType("virtio-blk", 1);

        assertEquals(0x1_0000_0001L, read.number("features"));
        assertTrue(read.flag("started"));
        assertEquals("ä1", read.text("serial"));
        assertArrayEquals(new byte[] {1, 2, 3}, read.bytes("config"));
        assertEquals(-1, read.record("queue0").number("index"));
        assertEquals(List.of(QUEUE, StateRecord.empty("e")), read.records("queues"));
        assertEquals(List.of("features", "started", "serial", "config", "queue0", "queues"),
                read.names());
    }

    @Test
    void readersSayWhatTheyMiss() {
        assertEquals("state of 'virtio-blk' has version 1, the newest known is 0",
                assertThrows(StateException.class,
                        () -> DEVICE.requireType("virtio-blk", 0)).getMessage());
        assertEquals("state is of type 'virtio-blk', expected 'qcow2'",
                assertThrows(StateException.class,
                        () -> DEVICE.requireType("qcow2", 1)).getMessage());
        assertEquals("state of 'virtio-blk' has no field 'x'",
                assertThrows(StateException.class, () -> DEVICE.number("x")).getMessage());
        assertEquals("field 'serial' of 'virtio-blk' is not a number",
                assertThrows(StateException.class, () -> DEVICE.number("serial")).getMessage());
        assertEquals("field 'index' of 'queue' is -1, expected 0 to 5",
                assertThrows(StateException.class,
                        () -> QUEUE.number("index", 0, 5)).getMessage());
    }

    @Test
    void fieldsOfNewerVersionsHaveFallbacks() throws StateException {
        assertEquals(7, QUEUE.numberOr("size", 7));
        assertEquals(-1, QUEUE.numberOr("index", 7));
        assertTrue(QUEUE.flagOr("broken", true));
        assertEquals("no", QUEUE.textOr("why", "no"));
        assertFalse(QUEUE.has("why"));
    }

    @Test
    void bytesBelongToTheRecord() throws StateException {
        byte[] mine = {1, 2};
        StateRecord state = StateRecord.builder("t", 0).bytes("b", mine).build();
        mine[0] = 9;
        state.bytes("b")[1] = 9;
        assertArrayEquals(new byte[] {1, 2}, state.bytes("b"));
    }

    @Test
    void truncatedAtEachPlaceIsRefused() {
        byte[] whole = DEVICE.encode();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(StateException.class, () -> StateRecord.decode(cut));
            int bytes = Math.min(length * 2, GOLDEN.length() - 2);
            refusal(GOLDEN.substring(0, bytes));
        }
    }

    @Test
    void eachChangedByteIsRefused() {
        byte[] whole = DEVICE.encode();
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 0x40;
            assertThrows(StateException.class, () -> StateRecord.decode(changed));
        }
    }

    @Test
    void countsAreNotBelieved() {
        assertEquals("state record ends at byte 23, 2147483647 more expected, 0 there",
                refusal("0174" + "00000000" + "0001" + "03" + "0161" + "7fffffff"));
        assertTrue(refusal("0174" + "00000000" + "0001" + "04" + "0161" + "ffffffff")
                .contains("4294967295 more expected"));
        assertTrue(refusal("0174" + "00000000" + "0001" + "06" + "0161" + "7fffffff")
                .startsWith("list 'a' says 2147483647 records"));
        assertTrue(refusal("0174" + "00000000" + "ffff").contains("more expected"));
        assertTrue(refusal("0174" + "80000000" + "0000").contains("version -2147483648"));
    }

    @Test
    void whatTheFormatDoesNotAllowIsRefused() {
        String start = "0174" + "00000000";
        assertTrue(refusal("00" + "00000000" + "0000").contains("empty name"));
        assertTrue(refusal("01ff" + "00000000" + "0000").contains("UTF-8"));
        assertTrue(refusal(start + "0001" + "07" + "0161").contains("unknown kind 7"));
        assertTrue(refusal(start + "0001" + "02" + "0161" + "02").contains("flag 'a' is 2"));
        assertTrue(refusal(start + "0002" + "02" + "0161" + "01" + "02" + "0161" + "01")
                .contains("field 'a' twice"));
        assertTrue(refusal(start + "0000" + "00").contains("1 bytes follow"));
    }

    @Test
    void nestingHasAnEnd() {
        StateRecord deep = StateRecord.empty("t");
        for (int i = 1; i < StateRecord.MAX_DEPTH; i++) {
            deep = StateRecord.builder("t", 0).record("r", deep).build();
        }
        deep.encode();
        StateRecord deeper = StateRecord.builder("t", 0).record("r", deep).build();
        assertThrows(IllegalArgumentException.class, deeper::encode);
    }

    @Test
    void nestingInBytesHasAnEnd() {
        String record = "0174" + "00000000" + "0000";
        for (int i = 0; i < StateRecord.MAX_DEPTH; i++) {
            record = "0174" + "00000000" + "0001" + "05" + "0172"
                    + "%08x".formatted(record.length() / 2) + record;
        }
        assertEquals("records nest deeper than 16", refusal(record));
    }

    @Test
    void randomBytesNeverDoMoreThanFail() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] parts = {"01", "02", "03", "04", "05", "06", "0174", "00000000", "0001", "0161",
            "00000001", "ffffffff"};
        for (int round = 0; round < 20_000; round++) {
            StringBuilder hex = new StringBuilder("0174" + "00000000" + "0003");
            for (int i = random.nextInt(20); i > 0; i--) {
                hex.append(parts[random.nextInt(parts.length)]);
            }
            try {
                StateRecord read = StateRecord.decode(envelope(hex.toString()));
                assertEquals(hex.toString(), HexFormat.of().formatHex(read.encode(), 8,
                        read.encode().length - 4), () -> "seed " + seed);
            } catch (StateException e) {
                assertFalse(e.getMessage().isEmpty(), () -> "seed " + seed);
            }
        }
    }
}
