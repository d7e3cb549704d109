package io.backplane.itests;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The verb {@code assemble} of the source tree, without the look whether it is to be built. */
final class Assembler {
    private Assembler() {
    }

    static Command run(String... arguments) throws IOException, InterruptedException {
        Path root = BuiltBundle.root();
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "--sun-misc-unsafe-memory-access=allow", "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-cp", root.resolve("launcher/assemble/target/classes") + ":"
                        + root.resolve("features/target/third-party") + "/*",
                "io.backplane.assemble.Main", "--root", root.toString(), "--offline"));
        command.addAll(List.of(arguments));
        return Command.run(command.toArray(String[]::new));
    }
}
