package io.backplane.block;

import io.backplane.schema.Option;

/** An internal snapshot of an image, as queries and the image tool show it. */
public record SnapshotInfo(
        @Option("unique id") String id,
        @Option("name the user chose") String name,
        @Option("bytes of saved machine state, 0: none") long vmStateSize,
        @Option("when it was made, seconds since 1970") int dateSec,
        @Option("when it was made, nanoseconds of the second") int dateNsec,
        @Option("machine clock, seconds") int vmClockSec,
        @Option("machine clock, nanoseconds of the second") int vmClockNsec,
        @Option(value = "instructions executed, if known", optional = true) Long icount) {
}
