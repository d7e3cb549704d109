package io.backplane.assemble;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/** Entry point of the build step: {@code Main root third-party-folder product target aot=on|off}. */
public final class Main {
    private Main() {
    }

    /** Assembles; exit code 1 with one sentence on standard error if that can't be done. */
    public static void main(String[] arguments) {
        Path root = Path.of(arguments[0]).toAbsolutePath().normalize();
        Path target = Path.of(arguments[3]).toAbsolutePath().normalize();
        try {
            Properties properties = BuildProperties.read(root.resolve("pom.xml"));
            JarSource jars =
                    new JarSource(List.of(root.resolve("bundles")), Path.of(arguments[1]));
            new Distribution(root, jars, properties).write(arguments[2], target);
        } catch (AssemblyException e) {
            System.err.println("assemble: " + e.getMessage());
            System.exit(1);
        }
        if (arguments[4].equals("aot=on")) {
            train(target);
        }
    }

    private static void train(Path target) {
        Training training = new Training(target);
        training.daemon();
        for (String tool : List.of("img", "guest", "bench")) {
            if (Files.exists(target.resolve("etc").resolve(tool + ".classpath"))) {
                training.tool(tool);
            }
        }
    }
}
