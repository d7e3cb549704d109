package io.backplane.virtio.device;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.block.BlockException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes virtio devices of one type on a backend; an OSGi service with the property
 * {@code backplane.device} = {@link #type}.
 */
@ConsumerType
public interface VirtioDeviceModel {

    /** The name users know, such as {@code virtio-blk}. */
    @AnyThread
    String type();

    /**
     * Makes a device.
     *
     * @throws BlockException INVALID: a value of {@code request} cannot be
     */
    @GlobalState
    VirtioDevice create(VirtioDeviceRequest request) throws BlockException;
}
