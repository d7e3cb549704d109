package {{package}};

import io.backplane.block.spi.BlockDriver;
import io.backplane.tck.DriverConformance;
import io.backplane.tck.Ground;

class {{Name}}ConformanceTest extends DriverConformance {
    @Override
    protected BlockDriver newDriver(Ground ground) {
        return new {{Name}}Driver();
    }

    @Override
    protected Record options(Ground ground) {
        return new {{Name}}Options(ground.disk("file", imageBytes()));
    }
}
