package io.backplane.virtio.device;

/**
 * The disk that a device wants.
 *
 * @param nodeName the node to attach it to
 * @param sharesWrites whether others may write to the node as well
 */
public record VirtioDrive(String nodeName, boolean sharesWrites) {
}
