package io.backplane.driver.raw;

import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.ChildRole;

/**
 * Which part of the file the disk is.
 *
 * @param offset first byte
 * @param size length in bytes; -1: up to the end
 * @param role what the file is: filtered if it is the disk, else data
 */
record RawWindow(long offset, long size, ChildRole role) {
    private static final int SECTOR_BYTES = 512;

    static RawWindow of(RawOptions options, BlockChild file) throws BlockException {
        long offset = options.offset() == null ? 0 : options.offset();
        long size = options.size() == null ? -1 : options.size();
        long real = file.length();
        if (offset < 0 || options.size() != null && size < 0) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "offset and size cannot be negative");
        }
        if (offset > real) {
            throw new BlockException(BlockException.Kind.INVALID, "Offset (" + offset
                    + ") cannot be greater than size of the containing file (" + real + ")");
        }
        if (size >= 0 && real - offset < size) {
            throw new BlockException(BlockException.Kind.INVALID, "The sum of offset (" + offset
                    + ") and size (" + size + ") has to be smaller or equal to the actual size of"
                    + " the containing file (" + real + ")");
        }
        if (size >= 0 && size % SECTOR_BYTES != 0) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Specified size is not multiple of " + SECTOR_BYTES);
        }
        boolean whole = options.offset() == null && options.size() == null;
        return new RawWindow(offset, size, whole ? ChildRole.FILTERED : ChildRole.DATA);
    }

    boolean isFixed() {
        return size >= 0;
    }
}
