package org.example.crypt;

import io.backplane.block.BlockdevRef;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of driver crypt. */
@Name("BlockdevOptionsCrypt")
public record CryptOptions(@Option("where the encrypted data is") BlockdevRef file,
        @Option("two AES-256 keys, data and tweak: 128 hex digits") String key) {
}
