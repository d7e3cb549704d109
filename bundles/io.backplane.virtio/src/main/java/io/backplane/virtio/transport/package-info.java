/** What transports of virtio devices offer to those who make devices at run time. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.virtio.transport;
