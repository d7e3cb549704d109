package io.backplane.tool.console;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;

/** Lines of a file or pipe, one command each. */
record Script(Connection connection, boolean keepGoing) {

    /** Executes them; returns the exit code of the first that failed, else 0. */
    int run(BufferedReader input, PrintWriter out, PrintWriter err) throws IOException {
        int exitCode = 0;
        int number = 0;
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            number++;
            int code = connection.run(line, out, err);
            if (code != 0) {
                err.println("backplane shell: line " + number + " failed: " + line.strip());
                exitCode = exitCode == 0 ? code : exitCode;
                if (!keepGoing) {
                    return exitCode;
                }
            }
        }
        return exitCode;
    }
}
