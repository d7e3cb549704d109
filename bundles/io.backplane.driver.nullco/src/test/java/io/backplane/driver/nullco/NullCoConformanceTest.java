package io.backplane.driver.nullco;

import io.backplane.block.spi.BlockDriver;
import io.backplane.tck.DriverConformance;
import io.backplane.tck.Ground;

class NullCoConformanceTest extends DriverConformance {
    @Override
    protected BlockDriver newDriver(Ground ground) {
        return new NullCoDriver();
    }

    @Override
    protected Record options(Ground ground) {
        return new NullCoOptions(imageBytes(), 1000L, true);
    }

    @Override
    protected boolean keepsData() {
        return false;
    }
}
