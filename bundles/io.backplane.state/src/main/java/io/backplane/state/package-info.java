/** Versioned state records: what a driver or a device hands to its successor. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.state;
