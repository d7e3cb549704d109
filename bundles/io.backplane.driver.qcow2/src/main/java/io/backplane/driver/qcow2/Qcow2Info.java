package io.backplane.driver.qcow2;

import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.List;

/** What a qcow2 image says of itself beyond {@link io.backplane.block.ImageInfo}. */
@Name("ImageInfoSpecificQCow2")
public record Qcow2Info(
        @Option("compatibility level, 0.10 or 1.1") String compat,
        @Option(value = "file name of the external data file", optional = true) String dataFile,
        @Option(value = "whether the data file is valid as a raw image", optional = true)
        Boolean dataFileRaw,
        @Option(value = "whether there are subclusters", optional = true) Boolean extendedL2,
        @Option(value = "whether refcount updates are postponed", optional = true)
        Boolean lazyRefcounts,
        @Option(value = "whether the image is marked corrupt", optional = true) Boolean corrupt,
        @Option(value = "stored bitmaps", optional = true) List<Qcow2BitmapInfo> bitmaps,
        @Option("width of a refcount in bits") int refcountBits,
        @Option("compression of compressed clusters") Qcow2CompressionType compressionType) {
}
