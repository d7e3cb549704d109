package {{package}};

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backplane.tck.DeviceConformance;
import io.backplane.tck.DeviceGround;
import io.backplane.virtio.device.VirtioDeviceModel;
import java.util.Random;

class {{Name}}ConformanceTest extends DeviceConformance {
    @Override
    protected VirtioDeviceModel newModel(DeviceGround ground) {
        return new {{Name}}Model(new Random(1)::nextBytes);
    }

    @Override
    protected Record options(DeviceGround ground) {
        return new {{Name}}Options(null);
    }

    @Override
    protected GoodRequest request(Random random) {
        int bytes = 1 + random.nextInt(8000);
        return new GoodRequest(new byte[0], bytes,
                (written, usedBytes) -> assertEquals(bytes, usedBytes));
    }
}
