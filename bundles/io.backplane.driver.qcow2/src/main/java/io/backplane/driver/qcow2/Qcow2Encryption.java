package io.backplane.driver.qcow2;

import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Encryption of an image; known by name only, to be refused by name. */
@Name("BlockdevQcow2Encryption")
public record Qcow2Encryption(
        @Option("encryption format") String format,
        @Option(value = "secret object", optional = true) String keySecret) {
}
