/** Options and command arguments as records: one source for the parser, the QMP schema and help. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.schema;
