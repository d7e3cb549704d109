package io.backplane.control;

import io.backplane.block.SnapshotInfo;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.List;

/** An image as query-named-block-nodes describes it. */
@Name("ImageInfo")
record ImageDescription(
        @Option("file name") String filename,
        @Option("driver") String format,
        @Option(value = "not closed cleanly", optional = true) Boolean dirtyFlag,
        @Option(value = "bytes on the host", optional = true) Long actualSize,
        @Option("length in bytes") long virtualSize,
        @Option(value = "cluster size in bytes", optional = true) Long clusterSize,
        @Option(value = "whether it is encrypted", optional = true) Boolean encrypted,
        @Option(value = "whether it is compressed", optional = true) Boolean compressed,
        @Option(value = "backing file as stored", optional = true) String backingFilename,
        @Option(value = "backing file as found", optional = true) String fullBackingFilename,
        @Option(value = "its driver as stored", optional = true) String backingFilenameFormat,
        @Option(value = "internal snapshots", optional = true) List<SnapshotInfo> snapshots,
        @Option(value = "the backing image", optional = true) ImageDescription backingImage,
        @Option(value = "what only this format has", optional = true)
        FormatSpecific formatSpecific) {

    /** What only one format has. */
    @Name("ImageInfoSpecific")
    record FormatSpecific(
            @Option("driver") String type,
            @Option("its own members") Object data) {
    }
}
