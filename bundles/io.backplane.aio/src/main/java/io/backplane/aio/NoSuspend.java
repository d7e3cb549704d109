package io.backplane.aio;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Never suspends; may be called outside a coroutine.
 *
 * <p>On a parameter: the function handed to it runs outside a coroutine.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.METHOD, ElementType.CONSTRUCTOR, ElementType.TYPE,
        ElementType.PARAMETER})
public @interface NoSuspend {
}
