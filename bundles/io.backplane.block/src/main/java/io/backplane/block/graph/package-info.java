/** Control of the block graph: nodes, drained sections, changes. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.block.graph;
