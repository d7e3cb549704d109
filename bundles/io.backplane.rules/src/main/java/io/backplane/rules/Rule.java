package io.backplane.rules;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The rules that a test proves: a test method, a class of which every test does, or a scenario of
 * the explorer. The table in itests/README.md is made of these.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@Repeatable(Rule.Several.class)
public @interface Rule {
    /** IDs such as {@code E2}, or the name of a reproducer such as {@code R-TRACKED-REQ}. */
    String[] value();

    /**
     * The planted bug that this test finds, in a few words: it runs the broken variant too, and
     * fails if that one passes. Scenarios name their bugs themselves.
     */
    String bug() default "";

    /** What repeated annotations are kept in. */
    @Documented
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Several {
        /** In the order of the source. */
        Rule[] value();
    }
}
