package io.backplane.device.virtio.blk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backplane.tck.DeviceConformance;
import io.backplane.tck.DeviceGround;
import io.backplane.virtio.LittleEndian;
import io.backplane.virtio.device.VirtioDeviceModel;
import java.lang.foreign.MemorySegment;
import java.util.Random;

class VirtioBlkConformanceTest extends DeviceConformance {
    private static final int SECTOR_BYTES = 512;
    private static final int SECTORS = 1024;
    private static final int TYPE_IN = 0;
    private static final int TYPE_OUT = 1;
    private static final int TYPE_FLUSH = 4;
    private static final int TYPE_GET_ID = 8;

    @Override
    protected VirtioDeviceModel newModel(DeviceGround ground) {
        return new VirtioBlkModel(ground.publisher());
    }

    @Override
    protected Record options(DeviceGround ground) {
        return new VirtioBlkOptions(ground.disk(), "serial", 3, null, null, null, null, null, null);
    }

    @Override
    protected GoodRequest request(Random random) {
        int sectors = 1 + random.nextInt(20);
        int type = switch (random.nextInt(6)) {
            case 0 -> TYPE_FLUSH;
            case 1 -> TYPE_GET_ID;
            case 2, 3 -> TYPE_IN;
            default -> TYPE_OUT;
        };
        int data = type == TYPE_OUT ? sectors * SECTOR_BYTES : 0;
        byte[] readable = new byte[VirtioBlkRequest.HEADER_BYTES + data];
        random.nextBytes(readable);
        MemorySegment header = MemorySegment.ofArray(readable);
        header.set(LittleEndian.U32, 0, type);
        header.set(LittleEndian.U32, 4, 0);
        header.set(LittleEndian.U64, 8, random.nextInt(SECTORS - sectors));
        int writable = 1 + (type == TYPE_IN ? sectors * SECTOR_BYTES : type == TYPE_GET_ID ? 20 : 0);
        return new GoodRequest(readable, writable, (written, usedBytes) -> {
            assertEquals(writable, usedBytes);
            assertEquals(VirtioBlkRequest.STATUS_OK, written[writable - 1]);
        });
    }
}
