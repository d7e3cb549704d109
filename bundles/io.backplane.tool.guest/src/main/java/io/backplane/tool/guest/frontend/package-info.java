/**
 * A vhost-user front-end and the driver's half of virtio-blk: what a virtual machine brings to a
 * back-end, without the machine. Plain Java for tools and tests; threads of the caller, everything
 * blocks the calling thread.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.tool.guest.frontend;
