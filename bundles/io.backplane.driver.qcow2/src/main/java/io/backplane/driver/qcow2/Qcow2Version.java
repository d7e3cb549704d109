package io.backplane.driver.qcow2;

import io.backplane.schema.Name;

/** Version of the format. */
@Name("BlockdevQcow2Version")
public enum Qcow2Version {
    /** The original format, compatibility level 0.10. */
    V2,
    /** With feature bits, compatibility level 1.1. */
    V3
}
