package io.backplane.shell;

/**
 * A line that can't be executed as typed: an unknown option, a missing argument, a bad value. It is
 * an IllegalArgumentException so that consoles tell it from a command that failed.
 */
final class UsageException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** @param message one sentence that names the word at fault */
    UsageException(String message) {
        super(message);
    }
}
