package io.backplane.qmp;

import java.util.function.Function;

/**
 * A kind of event; whoever emits it registers it as an OSGi service, so that the schema lists it.
 *
 * @param name as clients know it, such as {@code BLOCK_EXPORT_DELETED}
 * @param data the record of its data; null: it has none
 * @param intervalNs least time between two with the same key, in nanoseconds; what comes sooner
 *     waits, and only the last of those is sent; 0: no limit
 * @param key tells apart what is limited separately (devices, nodes); null: all alike
 */
public record QmpEventType(String name, Class<? extends Record> data, long intervalNs,
        Function<Record, Object> key) {

    /** One without a limit on its rate. */
    public static QmpEventType of(String name, Class<? extends Record> data) {
        return new QmpEventType(name, data, 0, null);
    }
}
