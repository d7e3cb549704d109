package io.backplane.driver.qcow2;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The feature name table, a header extension; entries of 48 bytes.
 *
 * <pre>
 * offset size  spec name        component
 *      0    1  type of feature  type: 0 incompatible, 1 compatible, 2 autoclear
 *      1    1  bit number       bit
 *      2   46  feature name     name, padded with zeroes
 * </pre>
 */
record FeatureNameTable(List<Entry> entries) {
    static final int ENTRY_BYTES = 48;
    private static final int NAME_BYTES = 46;

    /** Name of one bit. */
    record Entry(int type, int bit, String name) {
    }

    /** What this implementation knows, as other implementations name it. */
    static final FeatureNameTable OWN = new FeatureNameTable(List.of(
            new Entry(0, 0, "dirty bit"),
            new Entry(0, 1, "corrupt bit"),
            new Entry(0, 2, "external data file"),
            new Entry(0, 3, "compression type"),
            new Entry(0, 4, "extended L2 entries"),
            new Entry(1, 0, "lazy refcounts"),
            new Entry(2, 0, "bitmaps"),
            new Entry(2, 1, "raw external data")));

    /** Decodes {@code raw}, as if zeroes followed it; null: no entries. */
    static FeatureNameTable decode(byte[] raw) {
        List<Entry> entries = new ArrayList<>();
        int count = raw == null ? 0 : (raw.length + ENTRY_BYTES - 1) / ENTRY_BYTES;
        byte[] data = raw == null ? new byte[0] : Arrays.copyOf(raw, count * ENTRY_BYTES);
        for (int at = 0; at < data.length; at += ENTRY_BYTES) {
            int end = at + 2;
            while (end < at + ENTRY_BYTES && data[end] != 0) {
                end++;
            }
            if (end == at + 2) {
                break; // as good as the end
            }
            entries.add(new Entry(data[at] & 0xff, data[at + 1] & 0xff,
                    new String(data, at + 2, end - at - 2, StandardCharsets.UTF_8)));
        }
        return new FeatureNameTable(entries);
    }

    /** The extension's data. */
    byte[] encode() {
        byte[] data = new byte[entries.size() * ENTRY_BYTES];
        int at = 0;
        for (Entry entry : entries) {
            byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
            assert name.length <= NAME_BYTES : entry.name;
            data[at] = (byte) entry.type;
            data[at + 1] = (byte) entry.bit;
            System.arraycopy(name, 0, data, at + 2, name.length);
            at += ENTRY_BYTES;
        }
        return data;
    }

    /** Names the incompatible bits in {@code bits}, those without a name by number. */
    String describeIncompatible(long bits) {
        String[] parts = new String[Long.bitCount(bits)];
        int count = 0;
        long left = bits;
        for (Entry entry : entries) {
            if (entry.type == 0 && entry.bit < 64 && (left & 1L << entry.bit) != 0) {
                parts[count++] = entry.name;
                left &= ~(1L << entry.bit);
            }
        }
        if (left != 0) {
            parts[count++] = "Unknown incompatible feature: " + Long.toHexString(left);
        }
        return String.join(", ", Arrays.asList(parts).subList(0, count));
    }
}
