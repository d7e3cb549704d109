package io.backplane.schema;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one member of an options or arguments record. The member's wire name is the component
 * name in kebab case ({@code l2CacheSize} is {@code l2-cache-size}) unless {@link #name} says
 * otherwise. Component types: {@code String}, {@code boolean}/{@code Boolean},
 * {@code int}/{@code Integer}, {@code long}/{@code Long}, enums (wire values in kebab case, or
 * by {@link Name}), records, {@code List} of these, {@link Alternate} and {@link Union} types.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Option {
    /** What it is, with its unit; one sentence for help texts. */
    String value();

    /** The wire name, if it is not the component's name in kebab case. */
    String name() default "";

    /** Whether it may be missing; the component is then null. */
    boolean optional() default false;

    /** Whether the value is a size in bytes, which the command line accepts as {@code 64k}. */
    boolean size() default false;
}
