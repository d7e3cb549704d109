package io.backplane.driver.qcow2;

import io.backplane.schema.Name;

/** General overlap check modes. */
@Name("Qcow2OverlapCheckMode")
public enum OverlapCheckMode {
    /** No checks. */
    NONE,
    /** Structures whose place never changes. */
    CONSTANT,
    /** Also what is known without reading. */
    CACHED,
    /** Everything. */
    ALL
}
