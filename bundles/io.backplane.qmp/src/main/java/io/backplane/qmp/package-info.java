/** QMP: commands, events and start-up options as services of the bundles that know them. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.qmp;
