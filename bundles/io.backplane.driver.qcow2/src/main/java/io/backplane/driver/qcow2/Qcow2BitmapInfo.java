package io.backplane.driver.qcow2;

import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.List;

/** A bitmap that is stored in an image. */
@Name("Qcow2BitmapInfo")
public record Qcow2BitmapInfo(
        @Option("what is said of it") List<Qcow2BitmapInfoFlags> flags,
        @Option("its name") String name,
        @Option("bytes that one bit stands for") long granularity) {
}
