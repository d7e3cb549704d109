package io.backplane.tool.img;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.List;

/** Entry point of {@code backplane img}; plain Java, without a framework. */
public final class Main {
    private Main() {
    }

    /** Runs the command that {@code args} name and ends the process with its exit code. */
    public static void main(String[] args) {
        PrintStream out = stream(FileDescriptor.out);
        int code = run(args, out, stream(FileDescriptor.err));
        out.flush();
        // nothing is left to do, and an orderly exit would load a logging framework
        Runtime.getRuntime().halt(code != 0 ? code : out.checkError() ? ToolException.FAILED : 0);
    }

    /** Runs one command; its exit code. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        // whoever logs here has told the tool already, by an exception
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        return new ImageTool(new Console(out, err)).run(List.of(args));
    }

    private static PrintStream stream(FileDescriptor fd) {
        return new PrintStream(new BufferedOutputStream(new FileOutputStream(fd), 8192), false,
                System.out.charset());
    }
}
