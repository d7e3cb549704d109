package {{package}};

import io.backplane.block.BlockException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Properties of device type {{name}}. */
@Name("DeviceOptions{{Name}}")
public record {{Name}}Options(
        @Option(value = "most bytes that one request gets (default 64 KiB)", optional = true,
                size = true)
        Long chunkBytes) {
    private static final long CHUNK_BYTES = 64 << 10;
    private static final long CHUNK_BYTES_MAX = 1 << 20;

    /** Refuses values that cannot be. */
    void check() throws BlockException {
        if (chunk() < 1 || chunk() > CHUNK_BYTES_MAX) {
            throw new BlockException(BlockException.Kind.INVALID, "chunk-bytes must be between 1"
                    + " and " + CHUNK_BYTES_MAX + ", but is " + chunk());
        }
    }

    /** Most bytes that one request gets. */
    long chunk() {
        return chunkBytes == null ? CHUNK_BYTES : chunkBytes;
    }
}
