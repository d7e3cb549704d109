package io.backplane.driver.file;

import io.backplane.block.spi.BlockDriver;
import io.backplane.tck.DriverConformance;
import io.backplane.tck.Ground;

class FileConformanceTest extends DriverConformance {
    @Override
    protected BlockDriver newDriver(Ground ground) {
        return new FileDriver("file", new FileEngines(ground.hostFiles()));
    }

    @Override
    protected Record options(Ground ground) {
        return new FileOptions(ground.hostFile("disk", imageBytes()), null, null, null, null,
                null);
    }

    /** Not after a failed flush: see {@link LostWrites}. */
    @Override
    protected boolean goesOnAfterErrors() {
        return false;
    }
}
