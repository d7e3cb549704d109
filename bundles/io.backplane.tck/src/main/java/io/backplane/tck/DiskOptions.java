package io.backplane.tck;

import io.backplane.schema.Option;

/** Options of the disk below the driver under test. */
public record DiskOptions(@Option("path of the host file") String path) {
}
