package io.backplane.schema;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a record that is a flat union: its components are the base, except the last one, of type
 * {@link Record}, which holds the branch that the discriminator selects. Branches are looked up
 * in the {@link Branches} given to the parser, so that bundles can add them at run time.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Union {
    /** Wire name of the member that selects the branch. */
    String discriminator();
}
