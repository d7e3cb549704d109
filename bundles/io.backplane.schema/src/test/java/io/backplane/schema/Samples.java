package io.backplane.schema;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Types the tests parse. */
final class Samples {
    private Samples() {
    }

    enum Colour {
        RED, DARK_BLUE, @Name("x-green") GREEN
    }

    record Cache(@Option(value = "a", optional = true) Boolean direct,
            @Option(value = "b", optional = true) Boolean noFlush) {
    }

    @Alternate
    sealed interface Ref {
        record ByName(String name) implements Ref {
        }

        record Inline(Node options) implements Ref {
        }

        record None() implements Ref {
        }
    }

    @Alternate
    @Name("BlockdevRef")
    sealed interface StrictRef {
        record ByName(String name) implements StrictRef {
        }

        record Inline(Node options) implements StrictRef {
        }
    }

    @Union(discriminator = "driver")
    record Node(@Option("driver") String driver,
            @Option(value = "name", optional = true) String nodeName,
            @Option(value = "cache", optional = true) Cache cache,
            @Option(value = "read only", optional = true) Boolean readOnly,
            @Option(value = "colour", optional = true) Colour colour,
            Record options) {
    }

    record RawOptions(@Option("file") StrictRef file,
            @Option(value = "backing", optional = true) Ref backing,
            @Option(value = "offset", optional = true, size = true) Long offset,
            @Option(value = "count", optional = true) int count,
            @Option(value = "children", optional = true) List<StrictRef> children) {
    }

    record FileOptions(@Option("name") String filename,
            @Option(value = "ratio", optional = true) Double ratio) {
    }

    record NullOptions() {
    }

    record Picky(@Option("even number") int even) {
        Picky {
            if (even % 2 != 0) {
                throw new IllegalArgumentException("'even' must be even, not " + even);
            }
        }
    }

    static SortedMap<String, Class<? extends Record>> branches(Class<? extends Record> union) {
        return new TreeMap<>(java.util.Map.of("raw", RawOptions.class, "file", FileOptions.class,
                "null-co", NullOptions.class));
    }
}
