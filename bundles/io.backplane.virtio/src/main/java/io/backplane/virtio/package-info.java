/** Split virtqueues in guest memory: what every virtio device model and transport stands on. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.virtio;
