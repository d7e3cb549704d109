package io.backplane.tool.img;

import io.backplane.block.BlockException;
import io.backplane.block.ImageInfo;

/**
 * What {@code info} knows of one image.
 *
 * @param actualBytes storage taken up; -1: unknown
 * @param fullBackingFilename path of the backing file; null: none
 */
record ImageDescription(String filename, String format, long virtualBytes, long actualBytes,
        ImageInfo info, String fullBackingFilename) {

    static ImageDescription awaitOf(OpenedImage image) throws BlockException {
        ImageInfo info = image.node().driverNode().imageInfo();
        return new ImageDescription(image.filename(), image.format(), image.backend().length(),
                image.node().awaitAllocatedBytes(), info,
                info.backingFile() == null ? null : resolve(image.filename(), info.backingFile()));
    }

    /** A backing file name as seen from the folder of the image that names it. */
    static String resolve(String image, String backing) {
        int colon = backing.indexOf(':');
        int slash = backing.indexOf('/');
        if (slash == 0 || colon > 0 && (slash < 0 || colon < slash)) {
            return backing;
        }
        return image.substring(0, image.lastIndexOf('/') + 1) + backing;
    }
}
