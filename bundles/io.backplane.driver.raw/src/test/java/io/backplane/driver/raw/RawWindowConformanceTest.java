package io.backplane.driver.raw;

import io.backplane.block.spi.BlockDriver;
import io.backplane.tck.DriverConformance;
import io.backplane.tck.Ground;

class RawWindowConformanceTest extends DriverConformance {
    private static final long OFFSET = 70_144;

    @Override
    protected BlockDriver newDriver(Ground ground) {
        return new RawDriver();
    }

    @Override
    protected Record options(Ground ground) {
        return new RawOptions(ground.disk("file", imageBytes() + 2 * OFFSET), OFFSET,
                imageBytes());
    }
}
