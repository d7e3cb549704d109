package io.backplane.virtio;

/**
 * The guest or its front-end broke the specification in a way that has no answer of its own: the
 * device is broken until reset. The message names the value and the place. No stack trace, because
 * a guest can cause any number of them.
 */
public final class ViolationException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what was wrong: the value and the place */
    public ViolationException(String message) {
        super(message, null, false, false);
    }
}
