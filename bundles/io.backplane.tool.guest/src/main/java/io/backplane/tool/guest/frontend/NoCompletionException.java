package io.backplane.tool.guest.frontend;

/** A request stayed without completion for longer than allowed. */
public final class NoCompletionException extends FrontEndException {
    private static final long serialVersionUID = 1L;

    /** @param message names the queue and the time */
    public NoCompletionException(String message) {
        super(message);
    }
}
