package io.backplane.driver.qcow2;

import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Which structures are guarded against being overwritten by data. */
@Name("Qcow2OverlapCheckFlags")
public record OverlapCheckFlags(
        @Option(value = "mode that the flags adjust (default cached)", optional = true)
        OverlapCheckMode template,
        @Option(value = "the image header", optional = true) Boolean mainHeader,
        @Option(value = "the active L1 table", optional = true) Boolean activeL1,
        @Option(value = "active L2 tables", optional = true) Boolean activeL2,
        @Option(value = "the refcount table", optional = true) Boolean refcountTable,
        @Option(value = "refcount blocks", optional = true) Boolean refcountBlock,
        @Option(value = "the snapshot table", optional = true) Boolean snapshotTable,
        @Option(value = "L1 tables of snapshots", optional = true) Boolean inactiveL1,
        @Option(value = "L2 tables of snapshots", optional = true) Boolean inactiveL2,
        @Option(value = "the bitmap directory", optional = true) Boolean bitmapDirectory) {
}
