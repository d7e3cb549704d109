package io.backplane.export;

import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.Union;
import java.util.List;

/** Options of block-export-add; {@code options} is the record of the export type. */
@Name("BlockExportOptions")
@Union(discriminator = "type")
public record ExportOptions(
        @Option("export type") String type,
        @Option("name of the export") String id,
        @Option("node to export") String nodeName,
        @Option(value = "allow writes (default false)", optional = true) Boolean writable,
        @Option(value = "flush after each write (default false)", optional = true)
        Boolean writethrough,
        @Option(value = "I/O thread or threads to run in; queues are spread over several",
                optional = true) IothreadRef iothread,
        @Option(value = "fail if the node cannot move to the I/O thread (default false)",
                optional = true) Boolean fixedIothread,
        Record options) {

    /** One I/O thread, or several to spread queues over. */
    @io.backplane.schema.Alternate
    public sealed interface IothreadRef {
        /** One. */
        record One(String id) implements IothreadRef {
        }

        /** Several. */
        record Several(List<String> ids) implements IothreadRef {
        }
    }
}
