package io.backplane.tool.console;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backplane shell}: the shell of a running daemon. */
@Command(name = "backplane shell", sortOptions = false, usageHelpWidth = 100,
        description = {"Work in the shell of a running daemon: a prompt on a terminal, else the lines"
                + " of standard input.", ""},
        footer = {"", "Exit code: 0 all done, 1 a command failed or there is no daemon, 2 not"
                + " executable as typed."})
public final class Main implements Callable<Integer> {
    static final int FAILED = 1;

    @Option(names = "--socket", paramLabel = "PATH",
            description = "the daemon's socket; it prints the path when it starts")
    private Path socket;

    @Option(names = "--data", paramLabel = "FOLDER",
            description = "the daemon's data folder, in which the socket is (default: that of"
                    + " ./backplane run)")
    private Path data;

    @Option(names = "-c", paramLabel = "COMMAND",
            description = "execute this line; several commands with ; between")
    private String command;

    @Option(names = {"-k", "--keep-going"},
            description = "go on after a line that fails; the first failure gives the exit code")
    private boolean keepGoing;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this and exit")
    private boolean help;

    /** Ends the JVM. */
    public static void main(String[] arguments) {
        int exitCode = new CommandLine(new Main())
                .setParameterExceptionHandler((e, given) -> {
                    System.err.println("backplane shell: " + e.getMessage()
                            + " (backplane shell --help shows the options)");
                    return 2;
                }).execute(arguments);
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(exitCode);
    }

    @Override
    public Integer call() {
        Path path = path();
        try (Connection connection = Connection.open(path)) {
            return serve(connection);
        } catch (IOException e) {
            System.out.flush();
            System.err.println("backplane shell: " + e.getMessage());
            return FAILED;
        }
    }

    private Path path() {
        if (socket != null) {
            return socket;
        }
        return (data != null ? data : Path.of(System.getProperty("backplane.data", "data")))
                .resolve("shell.sock");
    }

    private int serve(Connection connection) throws IOException {
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        if (command != null) {
            return connection.run(command, out, err);
        }
        if (System.console() != null && System.console().isTerminal()) {
            return Prompt.run(connection);
        }
        BufferedReader input =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        return new Script(connection, keepGoing).run(input, out, err);
    }
}
