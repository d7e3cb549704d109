package io.backplane.control;

import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.Union;

/** Arguments of object-add, and what {@code --object} takes. */
@Name("ObjectOptions")
@Union(discriminator = "qom-type")
record ObjectOptions(
        @Option("kind of object") String qomType,
        @Option("its name") String id,
        Record options) {

    /** Properties of an I/O thread. */
    @Name("IothreadProperties")
    record Iothread(
            @Option(value = "longest busy polling in nanoseconds, 0: none (default 10000)",
                    optional = true) Long pollMaxNs,
            @Option(value = "factor by which polling grows, 0: default", optional = true)
            Long pollGrow,
            @Option(value = "divisor by which polling shrinks, 0: to nothing", optional = true)
            Long pollShrink,
            @Option(value = "accepted for compatibility, no effect", optional = true)
            Long aioMaxBatch,
            @Option(value = "accepted for compatibility, no effect", optional = true)
            Long threadPoolMin,
            @Option(value = "accepted for compatibility, no effect", optional = true)
            Long threadPoolMax) {
    }
}
