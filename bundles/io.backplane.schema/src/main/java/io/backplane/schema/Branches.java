package io.backplane.schema;

import java.util.SortedMap;

/** The branches of union types that exist now. */
@FunctionalInterface
public interface Branches {

    /**
     * The branch records of {@code union} by discriminator value; a record without components
     * stands for a branch without members. Any thread.
     */
    SortedMap<String, Class<? extends Record>> of(Class<? extends Record> union);
}
