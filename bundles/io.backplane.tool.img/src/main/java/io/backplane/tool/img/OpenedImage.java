package io.backplane.tool.img;

import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockNode;

/**
 * An image the tool has open.
 *
 * @param format its driver
 * @param guessed whether nobody said the format
 */
record OpenedImage(String filename, String format, boolean guessed, BlockBackend backend,
        BlockNode node) {
}
