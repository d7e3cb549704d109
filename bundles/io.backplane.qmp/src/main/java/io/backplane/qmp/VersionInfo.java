package io.backplane.qmp;

import io.backplane.schema.Name;
import io.backplane.schema.Option;

/**
 * What the greeting and query-version say. Clients expect the member {@code qemu}: it names the
 * QEMU release whose QMP is followed here; {@code package} names this program and its version.
 */
@Name("VersionInfo")
public record VersionInfo(
        @Option("the QEMU release whose QMP is followed") Triple qemu,
        @Option(value = "this program and its version", name = "package") String packageName) {
    /** The one that holds for this program. */
    public static final VersionInfo CURRENT =
            new VersionInfo(new Triple(7, 2, 0), "Backplane 0.1.0");

    /** A version in three parts. */
    @Name("VersionTriple")
    public record Triple(
            @Option("first part") int major,
            @Option("second part") int minor,
            @Option("third part") int micro) {
    }
}
