package io.backplane.sim;

/** A run went wrong: a check failed, code threw, nothing can go on, or it goes on for ever. */
public final class SimFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    /** @param cause what was thrown; null: the world itself saw it */
    public SimFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
