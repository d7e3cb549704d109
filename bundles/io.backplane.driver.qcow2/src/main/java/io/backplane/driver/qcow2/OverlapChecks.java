package io.backplane.driver.qcow2;

import io.backplane.schema.Alternate;
import io.backplane.schema.Name;

/** Overlap checks, by mode or one by one. */
@Alternate
@Name("Qcow2OverlapChecks")
public sealed interface OverlapChecks {
    /** Flags for each structure. */
    record Flags(OverlapCheckFlags flags) implements OverlapChecks {
    }

    /** A mode that stands for a set of flags. */
    record Mode(OverlapCheckMode mode) implements OverlapChecks {
    }
}
