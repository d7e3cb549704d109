package io.backplane.virtio.transport;

import io.backplane.aio.GlobalState;
import io.backplane.aio.NoSuspend;
import org.osgi.annotation.versioning.ConsumerType;

/** Told what happens to the models of devices. Main. */
@ConsumerType
public interface VirtioPortListener {

    /**
     * A device has no model: its guest waits.
     *
     * @param reason why, for people
     */
    @GlobalState
    @NoSuspend
    void held(VirtioPort port, String reason);

    /** A device that waited has waited for too long: its guest was disconnected. */
    @GlobalState
    @NoSuspend
    void gaveUp(VirtioPort port);

    /** A device's model broke its contract: no code of it runs for this device any more. */
    @GlobalState
    @NoSuspend
    default void failed(VirtioPort port, ModelFault fault) {
    }

    /** A device goes on with another model. */
    @GlobalState
    @NoSuspend
    void swapped(VirtioPort port, VirtioPort.Swap swap);
}
