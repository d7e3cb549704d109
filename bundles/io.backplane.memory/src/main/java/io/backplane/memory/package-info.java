/** I/O vectors and aligned buffers: the only form in which data moves between storeys. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.memory;
