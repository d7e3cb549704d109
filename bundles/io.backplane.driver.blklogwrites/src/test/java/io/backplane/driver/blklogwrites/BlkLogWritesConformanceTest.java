package io.backplane.driver.blklogwrites;

import io.backplane.block.spi.BlockDriver;
import io.backplane.tck.DriverConformance;
import io.backplane.tck.Ground;

class BlkLogWritesConformanceTest extends DriverConformance {
    @Override
    protected BlockDriver newDriver(Ground ground) {
        return new BlkLogWritesDriver();
    }

    @Override
    protected Record options(Ground ground) {
        return new BlkLogWritesOptions(ground.disk("file", imageBytes()), ground.disk("log", 0),
                null, null, 16L);
    }

    /** A log that has lost an entry is a lie from then on. */
    @Override
    protected boolean goesOnAfterErrors() {
        return false;
    }
}
