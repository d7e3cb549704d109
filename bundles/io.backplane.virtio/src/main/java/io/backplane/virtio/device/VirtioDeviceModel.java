package io.backplane.virtio.device;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.block.BlockException;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes virtio devices of one type; an OSGi service with the property {@code backplane.device} =
 * {@link #type}. Models come and go while their devices serve guests: the transport then freezes
 * the device and thaws it with the model that comes next.
 */
@ConsumerType
public interface VirtioDeviceModel {

    /** The name users know, such as {@code virtio-blk}. */
    @AnyThread
    String type();

    /**
     * The record of its properties: members as in {@link io.backplane.schema.Option}, from which
     * come device_add, its help, device-list-properties and the schema.
     */
    @AnyThread
    Class<? extends Record> optionsType();

    /**
     * Which disk a device with these properties is to have; null: none.
     *
     * @param options an instance of {@link #optionsType}
     */
    @AnyThread
    default VirtioDrive drive(Record options) {
        return null;
    }

    /**
     * Makes a device.
     *
     * @throws BlockException INVALID: a value of {@code request} cannot be
     */
    @GlobalState
    VirtioDevice create(VirtioDeviceRequest request) throws BlockException;

    /**
     * Makes a device that goes on where another one of this type was frozen, maybe one of an older
     * or newer version. Afterwards the transport says what features driver and device agreed on,
     * and starts the queues. If this fails the state is still good for another model.
     *
     * @param state what {@link VirtioDevice#freeze} returned
     * @throws StateException if the state cannot be read
     */
    @GlobalState
    default VirtioDevice thaw(VirtioDeviceRequest request, StateRecord state)
            throws BlockException, StateException {
        return create(request);
    }
}
