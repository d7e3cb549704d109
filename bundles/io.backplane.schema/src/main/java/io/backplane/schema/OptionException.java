package io.backplane.schema;

/**
 * Bad input: text that is not JSON or key=value, or a value that does not fit its type. The message
 * names the place and reads as QEMU users know it.
 */
public final class OptionException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String path;

    /**
     * @param path where in the input, such as {@code file.filename}; empty: the input as a whole
     * @param message one sentence
     */
    public OptionException(String path, String message) {
        super(message);
        this.path = path;
    }

    /** Where in the input, such as {@code file.filename}; empty: the input as a whole. */
    public String path() {
        return path;
    }

    static OptionException missing(String path) {
        return new OptionException(path, "Parameter '" + path + "' is missing");
    }

    static OptionException unexpected(String path) {
        return new OptionException(path, "Parameter '" + path + "' is unexpected");
    }

    static OptionException wrongType(String path, String expected) {
        return new OptionException(path,
                "Invalid parameter type for '" + path + "', expected: " + expected);
    }

    static OptionException expects(String path, String what) {
        return new OptionException(path, "Parameter '" + path + "' expects " + what);
    }

    static OptionException notAccepted(String path, String value) {
        return new OptionException(path,
                "Parameter '" + path + "' does not accept value '" + value + "'");
    }
}
