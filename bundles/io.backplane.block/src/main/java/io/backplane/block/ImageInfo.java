package io.backplane.block;

import java.util.List;

/**
 * What an image says of itself, for query-named-block-nodes and the image tool.
 *
 * @param clusterBytes cluster size, 0: none
 * @param dirty not closed cleanly; null: the format cannot tell
 * @param backingFile backing file name as stored in the image, null: none
 * @param backingFormat its format as stored, null: unknown
 * @param encrypted whether the data is encrypted
 * @param compressed whether some or all of it is compressed, null: unknown
 * @param formatSpecific the format's own record with {@code @Option} components, null: none
 * @param snapshots internal snapshots in the image's order
 */
public record ImageInfo(int clusterBytes, Boolean dirty, String backingFile,
        String backingFormat, boolean encrypted, Boolean compressed, Record formatSpecific,
        List<SnapshotInfo> snapshots) {
    /** Nothing to say. */
    public static final ImageInfo NONE = new ImageInfo(0, null, null, null, false, null, null);

    /** An image without internal snapshots. */
    public ImageInfo(int clusterBytes, Boolean dirty, String backingFile, String backingFormat,
            boolean encrypted, Boolean compressed, Record formatSpecific) {
        this(clusterBytes, dirty, backingFile, backingFormat, encrypted, compressed,
                formatSpecific, List.of());
    }
}
