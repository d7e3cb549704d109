package io.backplane.tool.img;

/** The tool ends with a message on standard error and an exit code. */
final class ToolException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The code for whatever has no code of its own. */
    static final int FAILED = 1;

    private final int exitCode;
    private final boolean hint;

    private ToolException(String message, int exitCode, boolean hint) {
        super(message, null, false, false);
        this.exitCode = exitCode;
        this.hint = hint;
    }

    /** @param message what failed; null: everything was said already */
    ToolException(String message) {
        this(message, FAILED, false);
    }

    static ToolException withCode(int exitCode, String message) {
        return new ToolException(message, exitCode, false);
    }

    /** A mistake in the arguments; the message is followed by where to read about them. */
    static ToolException usage(String message) {
        return new ToolException(message, FAILED, true);
    }

    int exitCode() {
        return exitCode;
    }

    boolean hint() {
        return hint;
    }
}
