package io.backplane.virtio.device;

import io.backplane.block.backend.BlockBackend;

/**
 * What a device is made of.
 *
 * @param id its name for operators
 * @param options its properties, an instance of the model's {@link VirtioDeviceModel#optionsType}
 * @param backend the disk of {@link VirtioDeviceModel#drive}, which the caller owns and closes
 *     after the device; null: it has none
 */
public record VirtioDeviceRequest(String id, Record options, BlockBackend backend) {
}
