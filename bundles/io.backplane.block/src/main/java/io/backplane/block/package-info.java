/** The block layer's words: errors, limits, permissions, status, options of a node. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.block;
