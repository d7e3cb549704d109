package io.backplane.monitor;

import io.backplane.schema.Option;

/** What {@code --monitor} takes. */
record MonitorOptions(
        @Option(value = "name of the monitor", optional = true) String id,
        @Option(value = "only control, which is QMP", optional = true) Mode mode,
        @Option(value = "indented answers (default off)", optional = true) boolean pretty,
        @Option("character device to talk over") String chardev) {

    /** The protocol. */
    enum Mode {
        CONTROL
    }
}
