package io.backplane.assemble;

/** A distribution can't be made; the message is one sentence for the user. */
final class AssemblyException extends Exception {
    private static final long serialVersionUID = 1;

    AssemblyException(String message) {
        super(message);
    }

    AssemblyException(String message, Throwable cause) {
        super(message, cause);
    }
}
