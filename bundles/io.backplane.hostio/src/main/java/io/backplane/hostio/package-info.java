/** The only door to the kernel's files: engines that open host files, and host files. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.hostio;
