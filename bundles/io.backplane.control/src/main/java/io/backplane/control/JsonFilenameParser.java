package io.backplane.control;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.graph.JsonFilenames;
import io.backplane.schema.Branches;
import io.backplane.schema.Json;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;

/**
 * Reads {@code json:} pseudo-file names, in which members may also be written with dots
 * ({@code "file.driver"}).
 */
final class JsonFilenameParser implements JsonFilenames {
    private final OptionParser parser;

    JsonFilenameParser(Branches branches) {
        this.parser = new OptionParser(branches);
    }

    @Override
    public BlockdevOptions parse(String json) throws BlockException {
        try {
            return parser.parse(BlockdevOptions.class, Json.nested(Json.parseObject(json)));
        } catch (OptionException e) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Could not parse the JSON options: " + e.getMessage(), e);
        }
    }
}
