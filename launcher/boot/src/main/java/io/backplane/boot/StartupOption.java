package io.backplane.boot;

import java.util.Objects;

/**
 * One option of the command line, to be executed in the order given.
 *
 * @param name the option's long name without dashes: {@code blockdev}, {@code object},
 *     {@code export}, {@code monitor}, {@code chardev}, {@code nbd-server}; or {@link #DEFAULT}
 * @param value the argument exactly as typed: key=value form or JSON, not yet looked into
 */
public record StartupOption(String name, String value) {

    /**
     * Stands alone when the command line asks for nothing to serve: set up the embedded default.
     * The value is the data folder's path.
     */
    public static final String DEFAULT = "default";

    /** Both parts are present. */
    public StartupOption {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
    }

    /** The option as the user typed it, for messages. */
    @Override
    public String toString() {
        return name.equals(DEFAULT) ? "(embedded default)" : "--" + name + " " + value;
    }
}
