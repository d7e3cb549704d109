package io.backplane.launcher;

import java.nio.file.Path;

/**
 * Entry point of the daemon. Answers {@code --version}, {@code --help} and argument errors before
 * anything of the framework is loaded.
 */
public final class Main {
    private static final String HELP = """
            Usage: backplane run [options]
            Serve block devices, in the manner of qemu-storage-daemon. Without options: a disk
            in the data folder as a vhost-user-blk device, with a QMP socket and a shell prompt.

              --blockdev [driver=]<driver>,node-name=<name>[,<option>=<value>...]
                                     add a block node; JSON is accepted too
              --object [qom-type=]<type>,id=<id>[,<property>=<value>...]
                                     create an object, such as iothread
              --export [type=]vhost-user-blk,id=<id>,node-name=<name>,
                       addr.type=unix,addr.path=<socket>[,writable=on|off]
                       [,num-queues=<n>][,iothread=<id>]
                                     export a node
              --device [driver=]virtio-blk,drive=<node-name>,id=<id>,
                       addr.type=unix,addr.path=<socket>[,<property>=<value>...]
                                     make a device
              --chardev socket,id=<id>,path=<socket>,server=on,wait=off | stdio,id=<id>
                                     a channel for a monitor
              --monitor [chardev=]<id>[,pretty=on|off]
                                     serve QMP on a channel
              --pidfile <file>       write the process id to a file once ready
              --daemonize            detach; the command returns once everything is served
              --data <folder>        keep state here (default: data/ without options to serve,
                                     else a private folder that goes with the process)
              -c <command>           execute this line of the shell once everything is served, then
                                     stop; its exit code is 0, or 1 failed, 2 not executable
              --no-shell             no prompt, even on a terminal
              -h, --help             show this and exit
              -V, --version          show the version and exit

            Options are executed in the order given. SIGTERM, SIGINT, 'shutdown' at the prompt and
            QMP 'quit' stop cleanly with exit code 0; a start that fails exits with 1.""";

    private Main() {
    }

    /** Runs the daemon; ends the JVM. */
    public static void main(String[] arguments) {
        int exitCode = run(arguments);
        Runtime.getRuntime().halt(exitCode);
    }

    private static int run(String... arguments) {
        try {
            CommandLine commandLine = CommandLine.parse(arguments);
            return switch (commandLine.action()) {
                case HELP -> print(HELP);
                case VERSION -> print("backplane version " + Version.text(home()));
                case RUN -> serve(commandLine);
            };
        } catch (LaunchException e) {
            System.err.println("backplane: " + e.getMessage());
            return 1;
        }
    }

    private static int print(String text) {
        System.out.println(text);
        System.out.flush();
        return 0;
    }

    private static int serve(CommandLine commandLine) throws LaunchException {
        Path home = home();
        DataFolder data = dataFolder(commandLine);
        Logging.configure(data, commandLine.daemonize());
        return new Daemon(commandLine, data).run(home);
    }

    private static DataFolder dataFolder(CommandLine commandLine) throws LaunchException {
        if (commandLine.dataFolder() != null) {
            return DataFolder.open(commandLine.dataFolder());
        }
        if (!commandLine.options().isEmpty()) {
            return DataFolder.makePrivate();
        }
        return DataFolder.open(Path.of(System.getProperty("backplane.data", "data"))
                .toAbsolutePath().normalize());
    }

    private static Path home() throws LaunchException {
        String home = System.getProperty("backplane.home");
        if (home == null) {
            throw new LaunchException("the property backplane.home is not set;"
                    + " start with the script backplane");
        }
        return Path.of(home).toAbsolutePath().normalize();
    }
}
