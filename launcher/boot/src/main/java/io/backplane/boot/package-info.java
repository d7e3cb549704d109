/**
 * What bundles see of the launcher: the command line as given, the data folder, and the way to
 * report readiness, failure and shutdown. Exported by the system bundle.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.boot;
