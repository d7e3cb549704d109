package io.backplane.tck;

import io.backplane.block.BlockException;
import io.backplane.block.BlockStatus;
import io.backplane.block.RequestFlags;
import java.util.Random;

/** Random requests of one client, one after the other, checked against the expected disk. */
final class Workload {
    private static final int SECTOR_BYTES = 512;

    private final Bench bench;
    private final Random random;
    private boolean resizes;
    private int failures;

    Workload(Bench bench) {
        this.bench = bench;
        random = new Random(bench.random.nextLong());
    }

    /** Changes the length, too, now and then. */
    Workload resizing() {
        resizes = true;
        return this;
    }

    /** How many requests have failed. */
    int failures() {
        return failures;
    }

    /** {@code count} requests; an error ends it. */
    void awaitRun(int count) throws BlockException {
        for (int i = 0; i < count; i++) {
            awaitOne();
        }
    }

    /** {@code count} requests; errors are counted. */
    void awaitRunOn(int count) {
        for (int i = 0; i < count; i++) {
            try {
                awaitOne();
            } catch (BlockException e) {
                if (e.getMessage() == null) {
                    throw new AssertionError("an error without a message", e);
                }
                failures++;
            }
        }
    }

    private void awaitOne() throws BlockException {
        long length = bench.backend.length();
        int most = (int) Math.min(length, random.nextInt(8) == 0 ? 128 << 10 : 8 << 10);
        int bytes = 1 + random.nextInt(most);
        long offset = random.nextLong(length - bytes + 1);
        if (random.nextBoolean()) { // whole sectors, as guests do it
            bytes = Math.max(SECTOR_BYTES, bytes / SECTOR_BYTES * SECTOR_BYTES);
            offset = Math.min(offset, Math.max(0, length - bytes)) / SECTOR_BYTES * SECTOR_BYTES;
            bytes = (int) Math.min(bytes, length - offset);
        }
        switch (random.nextInt(resizes ? 20 : 19)) {
            case 0, 1, 2, 3, 4, 5 -> bench.awaitWrite(offset, data(bytes), 0);
            case 6 -> bench.awaitWrite(offset, data(bytes), RequestFlags.FUA);
            case 7 -> bench.awaitZeroes(offset, bytes, 0);
            case 8 -> bench.awaitZeroes(offset, bytes, RequestFlags.MAY_UNMAP);
            case 9 -> bench.awaitZeroes(offset, bytes, RequestFlags.FUA);
            case 10, 11 -> bench.awaitDiscard(offset, bytes);
            case 12 -> bench.awaitFlush();
            case 13 -> awaitStatus(bench, offset, bytes);
            case 19 -> bench.awaitResize(
                    Math.max(16 << 10, length + (random.nextInt(64) - 20) * 1024L));
            default -> bench.awaitVerify(offset, bytes, "read " + offset + "+" + bytes);
        }
    }

    private byte[] data(int bytes) {
        byte[] data = new byte[bytes];
        random.nextBytes(data);
        return data;
    }

    /** Asks for the status of a range, and reads where it says that there are zeroes. */
    static void awaitStatus(Bench bench, long offset, long bytes) throws BlockException {
        for (long at = offset; at < offset + bytes;) {
            long left = offset + bytes - at;
            BlockStatus status = bench.backend.blockStatus(at, left);
            if (status.bytes() <= 0 || status.bytes() > left) {
                throw new AssertionError("status of " + at + "+" + left + " is of "
                        + status.bytes() + " bytes");
            }
            if (status.zero()) {
                awaitZeroes(bench, at, (int) status.bytes());
            }
            at += status.bytes();
        }
    }

    private static void awaitZeroes(Bench bench, long offset, int bytes) throws BlockException {
        byte[] got = bench.awaitRead(offset, bytes);
        for (int i = 0; i < bytes; i++) {
            if (got[i] != 0) {
                throw new AssertionError("status says that byte " + (offset + i)
                        + " reads as zero, but it is " + (got[i] & 0xff));
            }
        }
    }
}
