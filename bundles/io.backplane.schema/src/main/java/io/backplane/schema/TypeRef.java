package io.backplane.schema;

import java.util.Objects;

/**
 * The type of a command's result.
 *
 * @param type a record, or a scalar's class
 * @param list whether it is a list of these
 */
public record TypeRef(Class<?> type, boolean list) {

    /** There is a type. */
    public TypeRef {
        Objects.requireNonNull(type, "type");
    }

    /** One value. */
    public static TypeRef of(Class<?> type) {
        return new TypeRef(type, false);
    }

    /** A list of values. */
    public static TypeRef listOf(Class<?> type) {
        return new TypeRef(type, true);
    }

    /** What it is on the wire. */
    public TypeModel model() {
        TypeModel element = TypeModel.of(type);
        return list ? new TypeModel.ListModel(element) : element;
    }
}
