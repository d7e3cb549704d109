package io.backplane.graph;

import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;

/** Options of {@link FakeDriver}. */
public record FakeOptions(String filename, BlockdevRef file, BlockdevRefOrNull backing) {
}
