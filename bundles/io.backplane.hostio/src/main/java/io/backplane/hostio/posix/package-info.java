/** Descriptors for whoever serves peers or implements an engine: sockets, notifiers, memory, files. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.hostio.posix;
