package io.backplane.control;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.graph.JsonFilenames;
import io.backplane.schema.Branches;
import io.backplane.schema.Json;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import java.util.LinkedHashMap;
import java.util.Map;

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
            return parser.parse(BlockdevOptions.class, nested(Json.parseObject(json)));
        } catch (OptionException e) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Could not parse the JSON options: " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> nested(Map<String, Object> flat) throws OptionException {
        Map<String, Object> root = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : flat.entrySet()) {
            String[] parts = entry.getKey().split("\\.", -1);
            Map<String, Object> map = root;
            for (int i = 0; i < parts.length - 1; i++) {
                Object inner = map.computeIfAbsent(parts[i], _ -> new LinkedHashMap<>());
                if (!(inner instanceof Map<?, ?>)) {
                    throw clash(entry.getKey());
                }
                map = (Map<String, Object>) inner;
            }
            if (map.put(parts[parts.length - 1], entry.getValue()) != null) {
                throw clash(entry.getKey());
            }
        }
        return root;
    }

    private static OptionException clash(String key) {
        return new OptionException(key, "'" + key + "' contradicts another member");
    }
}
