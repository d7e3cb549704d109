package io.backplane.export.vhostuser;

import io.backplane.block.BlockException;
import io.backplane.export.Export;
import io.backplane.export.ExportDriver;
import io.backplane.export.ExportRequest;
import io.backplane.virtio.device.VirtioDeviceModel;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Offers the export type while the device model is there. */
@Component(service = ExportDriver.class, property = "backplane.export=vhost-user-blk")
public final class VhostUserComponent implements ExportDriver {
    private final VhostUserBlkDriver driver;

    /** Called by declarative services. */
    @Activate
    public VhostUserComponent(
            @Reference(target = "(backplane.device=virtio-blk)") VirtioDeviceModel model) {
        driver = new VhostUserBlkDriver(model);
    }

    @Override
    public String type() {
        return driver.type();
    }

    @Override
    public Class<? extends Record> optionsType() {
        return driver.optionsType();
    }

    @Override
    public Export awaitCreate(ExportRequest request) throws BlockException {
        return driver.awaitCreate(request);
    }
}
