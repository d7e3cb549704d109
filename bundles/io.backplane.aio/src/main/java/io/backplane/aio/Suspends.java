package io.backplane.aio;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * May suspend the calling coroutine; must be called inside one.
 *
 * <p>On a parameter: the function handed to it is the body of a coroutine.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.METHOD, ElementType.CONSTRUCTOR, ElementType.TYPE,
        ElementType.PARAMETER})
public @interface Suspends {
}
