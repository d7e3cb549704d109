package io.backplane.driver.blklogwrites;

import io.backplane.block.BlockdevRef;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of {@code blklogwrites}. */
@Name("BlockdevOptionsBlklogwrites")
public record BlkLogWritesOptions(
        @Option("node whose writes are logged") BlockdevRef file,
        @Option("node that the log is written to") BlockdevRef log,
        @Option(value = "sector size of the log in bytes, a power of two (default 512)",
                optional = true, size = true) Integer logSectorSize,
        @Option(value = "append to the log that is there (default false)", optional = true)
        Boolean logAppend,
        @Option(value = "superblock update after so many entries (default 4096)",
                optional = true) Long logSuperUpdateInterval) {
    static final int DEFAULT_SECTOR_BYTES = 512;
    static final int MAX_SECTOR_BYTES = 8 << 20;
    static final long DEFAULT_UPDATE_INTERVAL = 4096;

    boolean append() {
        return Boolean.TRUE.equals(logAppend);
    }

    long updateInterval() {
        return logSuperUpdateInterval == null ? DEFAULT_UPDATE_INTERVAL : logSuperUpdateInterval;
    }
}
