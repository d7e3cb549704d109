package io.backplane.driver.qcow2;

import io.backplane.block.spi.BlockDriver;
import io.backplane.tck.DriverConformance;
import io.backplane.tck.Ground;

class Qcow2ConformanceTest extends DriverConformance {
    private static final long CLUSTER_BYTES = 4096;

    @Override
    protected BlockDriver newDriver(Ground ground) {
        return new Qcow2Driver();
    }

    @Override
    protected Record options(Ground ground) {
        return Qcow2Options.of(ground.disk("file", 0));
    }

    @Override
    protected Record createOptions(Ground ground, long bytes) {
        return new Qcow2CreateOptions(ground.disk("file", 0), null, null, null, bytes, null, null,
                null, null, CLUSTER_BYTES, null, null, null, null);
    }
}
