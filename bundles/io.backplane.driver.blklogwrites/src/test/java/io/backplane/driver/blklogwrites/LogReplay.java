package io.backplane.driver.blklogwrites;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Reads a log by the format's own description, sharing nothing with the driver, and replays it. */
final class LogReplay {
    static final long MAGIC = 0x6a736677736872L;

    /** One entry with its data (null: none). */
    record Entry(long offset, long bytes, long flags, byte[] data) {
        boolean has(int flag) {
            return (flags & flag) != 0;
        }
    }

    final int sectorBytes;
    final List<Entry> entries = new ArrayList<>();

    LogReplay(byte[] log) {
        ByteBuffer in = ByteBuffer.wrap(log).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getLong(0) != MAGIC || in.getLong(8) != 1) {
            throw new IllegalStateException("no log superblock");
        }
        long count = in.getLong(16);
        sectorBytes = in.getInt(24);
        int at = sectorBytes;
        for (long i = 0; i < count; i++) {
            long sector = in.getLong(at);
            long sectors = in.getLong(at + 8);
            long flags = in.getLong(at + 16);
            if (flags < 0 || flags > 15) {
                throw new IllegalStateException("entry " + i + ": flags " + flags);
            }
            at += sectorBytes;
            byte[] data = null;
            if ((flags & 4) == 0 && sectors > 0) {
                data = new byte[Math.toIntExact(sectors * sectorBytes)];
                in.get(at, data);
                at += data.length;
            }
            entries.add(new Entry(sector * sectorBytes, sectors * sectorBytes, flags, data));
        }
    }

    /** The disk after the first {@code count} entries; discards read as zeroes. */
    byte[] disk(int bytes, int count) {
        byte[] disk = new byte[bytes];
        for (Entry entry : entries.subList(0, count)) {
            if (entry.data != null) {
                System.arraycopy(entry.data, 0, disk, (int) entry.offset, entry.data.length);
            } else if (entry.has(4)) {
                java.util.Arrays.fill(disk, (int) entry.offset,
                        (int) (entry.offset + entry.bytes), (byte) 0);
            }
        }
        return disk;
    }
}
