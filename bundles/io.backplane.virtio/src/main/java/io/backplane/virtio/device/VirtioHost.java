package io.backplane.virtio.device;

import io.backplane.aio.GlobalState;

/** What a device asks of its transport. */
public interface VirtioHost {

    /** Tells the driver that configuration space has changed. */
    @GlobalState
    void configChanged();
}
