package io.backplane.aio;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs in the main context only; fails fast elsewhere.
 *
 * <p>On a parameter: so runs the function handed to it.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.METHOD, ElementType.CONSTRUCTOR, ElementType.TYPE,
        ElementType.PARAMETER})
public @interface GlobalState {
}
