package io.backplane.virtio.device;

import io.backplane.block.backend.BlockBackend;

/**
 * What a device that serves one disk is made of.
 *
 * @param id its name for operators, and where the type has one, its serial number
 * @param backend its disk; the caller owns it and closes it after the device
 * @param queueCount number of request queues
 * @param logicalBlockBytes logical block size in bytes: a power of two from 512 to 32768
 * @param writeThrough whether the write cache is off at the start
 */
public record VirtioDeviceRequest(String id, BlockBackend backend, int queueCount,
        int logicalBlockBytes, boolean writeThrough) {
}
