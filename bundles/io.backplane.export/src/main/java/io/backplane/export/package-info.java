/** Exports: what block-export-add creates and block-export-del removes. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.export;
