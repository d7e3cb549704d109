package io.backplane.driver.qcow2;

import io.backplane.block.spi.ImpliedChild;
import java.util.List;

/**
 * What the header says beyond numbers.
 *
 * @param backingFile name as stored, null: none
 * @param backingFormat driver name as stored, null: none
 * @param dataFile name of the external data file as stored, null: none
 * @param compression of compressed clusters
 * @param implied children that the options did not name
 * @param header as it was when the image was opened
 * @param extensions of the header, all of them
 */
record ImageNames(String backingFile, String backingFormat, String dataFile,
        Qcow2CompressionType compression, List<ImpliedChild> implied, Header header,
        List<HeaderExtension> extensions) {
}
