package io.backplane.virtio.transport;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.virtio.device.VirtioDeviceModel;
import java.util.List;
import java.util.SortedMap;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Connects devices with guests; an OSGi service with the property {@code backplane.transport} =
 * its name, such as {@code vhost-user}. It follows the services of device models.
 */
@ProviderType
public interface VirtioTransport {

    /** The models there are now by type, of each type the newest. */
    @AnyThread
    SortedMap<String, VirtioDeviceModel> models();

    /** Makes a device and serves it; on failure nothing is left behind when this returns. */
    @GlobalState
    @Suspends
    VirtioPort awaitServe(VirtioPlace place) throws BlockException;

    /** All its devices, those of exports too, in order of creation. */
    @GlobalState
    List<VirtioPort> ports();

    /**
     * Gives devices the newest model of their type, without their guests noticing more than a
     * pause. If one fails, it and those before it go back to the model they had.
     *
     * @throws BlockException naming the device that failed, and why
     */
    @GlobalState
    @Suspends
    void awaitRenew(List<VirtioPort> ports) throws BlockException;

    /** Adds a listener; closing the result takes it back. */
    @AnyThread
    AutoCloseable listen(VirtioPortListener listener);
}
