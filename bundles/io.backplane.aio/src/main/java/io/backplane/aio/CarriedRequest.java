package io.backplane.aio;

/**
 * The request a coroutine carries, as another thread saw it.
 *
 * @param target what it was given to; its text names it
 * @param verb such as {@code read}
 * @param offset start in bytes
 * @param bytes length in bytes
 * @param id the {@link Coroutine#requestId} when it began
 */
public record CarriedRequest(Object target, String verb, long offset, long bytes, long id) {
}
