package io.backplane.driver.file;

import io.backplane.block.BlockStatus;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;

/**
 * Where a host file has data. The last data extent is remembered, because status is asked piece by
 * piece; holes are not, because a write that runs at the same time makes one a lie.
 */
final class FileExtents {
    private record Extent(long start, long end) {
    }

    // Any thread
    private volatile Extent data;
    private volatile boolean seeks = true;

    /** Data may have become a hole. */
    void forget() {
        if (data != null) {
            data = null;
        }
    }

    BlockStatus awaitStatus(HostFile file, String nodeName, long offset, long bytes) {
        Extent known = data;
        if (known != null && offset >= known.start && offset < known.end) {
            return BlockStatus.dataAt(Math.min(bytes, known.end - offset), offset, nodeName);
        }
        if (!seeks || file.kind() != FileKind.REGULAR) {
            return BlockStatus.dataAt(bytes, offset, nodeName);
        }
        try {
            long start = file.seekData(offset);
            if (start < 0 || start > offset) {
                long hole = start < 0 ? bytes : Math.min(bytes, start - offset);
                return new BlockStatus(hole, true, false, true, false, offset, nodeName, 0);
            }
            long end = file.seekHole(offset);
            if (end <= offset) {
                return BlockStatus.dataAt(bytes, offset, nodeName);
            }
            data = new Extent(offset, end);
            return BlockStatus.dataAt(Math.min(bytes, end - offset), offset, nodeName);
        } catch (HostIoException e) {
            seeks = !FileErrors.isUnsupported(e);
            return BlockStatus.dataAt(bytes, offset, nodeName);
        }
    }
}
