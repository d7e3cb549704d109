package io.backplane.aio;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Must not be called while the caller holds the lock of the block graph: it takes the lock, or
 * begins a drain, and what a drain waits for may be waiting for the lock.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.METHOD, ElementType.CONSTRUCTOR})
public @interface GraphUnlocked {
}
