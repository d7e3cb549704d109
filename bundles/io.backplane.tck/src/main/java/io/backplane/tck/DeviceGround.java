package io.backplane.tck;

import io.backplane.block.backend.BlockDevOpsPublisher;

/** What the device under test stands on. */
public interface DeviceGround {

    /** Name of the node to be the device's disk, for devices that have one. */
    String disk();

    /** Where devices with a disk publish what they want to hear of it. */
    BlockDevOpsPublisher publisher();
}
