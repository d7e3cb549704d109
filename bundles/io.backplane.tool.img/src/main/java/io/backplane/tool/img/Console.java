package io.backplane.tool.img;

import java.io.PrintStream;

/** Where the tool writes: results on one stream, errors with the tool's name on the other. */
final class Console {
    static final String TOOL = "backplane img";

    private final PrintStream out;
    private final PrintStream err;

    Console(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    void line(String text) {
        out.print(text);
        out.print('\n');
    }

    void text(String text) {
        out.print(text);
    }

    void flush() {
        out.flush();
    }

    void error(String message) {
        out.flush();
        err.print(TOOL + ": " + message + "\n");
        err.flush();
    }

    void warning(String message) {
        error("warning: " + message);
    }

    /** A line on the error stream without the tool's name. */
    void note(String text) {
        out.flush();
        err.print(text + "\n");
        err.flush();
    }
}
