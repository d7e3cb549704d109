/**
 * What bundles see of the launcher: the command line as given, the data folder, the way to report
 * readiness, failure and shutdown, and the one way to change bundles. Exported by the system bundle.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.boot;
