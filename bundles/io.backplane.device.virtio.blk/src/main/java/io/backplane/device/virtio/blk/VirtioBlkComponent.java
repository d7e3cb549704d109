package io.backplane.device.virtio.blk;

import io.backplane.block.BlockException;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;
import io.backplane.virtio.device.VirtioDrive;
import java.util.Dictionary;
import java.util.Hashtable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Offers the model as a service; devices publish their {@link BlockDevOps} as services. */
@Component(service = VirtioDeviceModel.class, property = "backplane.device=virtio-blk")
public final class VirtioBlkComponent implements VirtioDeviceModel {
    private final VirtioBlkModel model;

    /** Called by declarative services. */
    @Activate
    public VirtioBlkComponent(BundleContext bundle) {
        model = new VirtioBlkModel((backendName, ops) -> {
            Dictionary<String, Object> properties = new Hashtable<>();
            properties.put("backplane.backend", backendName);
            ServiceRegistration<BlockDevOps> registration =
                    bundle.registerService(BlockDevOps.class, ops, properties);
            return () -> {
                try {
                    registration.unregister();
                } catch (IllegalStateException gone) {
                    // The bundle stopped first, which has unregistered it.
                }
            };
        });
    }

    @Override
    public String type() {
        return model.type();
    }

    @Override
    public VirtioDevice create(VirtioDeviceRequest request) throws BlockException {
        return model.create(request);
    }

    @Override
    public Class<? extends Record> optionsType() {
        return model.optionsType();
    }

    @Override
    public VirtioDrive drive(Record options) {
        return model.drive(options);
    }

    @Override
    public VirtioDevice thaw(VirtioDeviceRequest request, StateRecord state)
            throws BlockException, StateException {
        return model.thaw(request, state);
    }
}
