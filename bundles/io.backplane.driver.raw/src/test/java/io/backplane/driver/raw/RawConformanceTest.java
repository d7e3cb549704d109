package io.backplane.driver.raw;

import io.backplane.block.spi.BlockDriver;
import io.backplane.tck.DriverConformance;
import io.backplane.tck.Ground;

class RawConformanceTest extends DriverConformance {
    @Override
    protected BlockDriver newDriver(Ground ground) {
        return new RawDriver();
    }

    @Override
    protected Record options(Ground ground) {
        return new RawOptions(ground.disk("file", imageBytes()), null, null);
    }
}
