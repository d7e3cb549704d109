package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backplane assemble}, and the build step that lays out the distribution of the source. */
@Command(name = "backplane assemble", sortOptions = false, mixinStandardHelpOptions = true,
        usageHelpAutoWidth = false, abbreviateSynopsis = true,
        description = "Makes a distribution of features. Nothing is written unless all"
                + " requirements of its bundles are met.")
public final class Main implements Callable<Integer> {
    @Option(names = "--feature", paramLabel = "NAME|FILE", required = true,
            description = "a shipped feature or product (features/NAME.json), or a feature file of"
                    + " your own; can be repeated")
    private List<String> features = new ArrayList<>();

    @Option(names = "--bundle", paramLabel = "GROUP:ARTIFACT:VERSION|FILE|FOLDER",
            description = "one more bundle, at start level 20; of a folder every *.jar")
    private List<String> bundles = new ArrayList<>();

    @Option(names = "--repository", paramLabel = "FOLDER|URL",
            description = "where to look for jars before ~/.m2 (a folder: with Maven's layout, or"
                    + " just jars), or beside Maven Central (an address)")
    private List<String> repositories = new ArrayList<>();

    @Option(names = {"-o", "--output"}, paramLabel = "FILE.tar.gz|FOLDER",
            description = "what to write")
    private Path output;

    @Option(names = "--check", description = "write nothing, only say whether it would work")
    private boolean isCheck;

    @Option(names = "--jlink",
            description = "pack a Java runtime with the modules the jars need")
    private boolean isJlink;

    @Option(names = "--add-modules", paramLabel = "MODULE", split = ",",
            description = "more modules for the runtime")
    private List<String> modules = new ArrayList<>();

    @Option(names = "--name", paramLabel = "NAME",
            description = "what --version calls it (default: the features)")
    private String name;

    @Option(names = "--offline", description = "download nothing")
    private boolean isOffline;

    @Option(names = "--root", hidden = true)
    private Path root = Path.of("");

    @Option(names = "--third-party", hidden = true)
    private Path thirdParty;

    private Main() {
        // picocli fills the fields.
    }

    /** Assembles; exit code 1 with a message on standard error if that can't be done. */
    public static void main(String[] arguments) {
        CommandLine commandLine = new CommandLine(new Main());
        commandLine.setParameterExceptionHandler((e, args) -> {
            System.err.println("backplane assemble: " + e.getMessage()
                    + " (--help shows the options)");
            return 1;
        });
        System.exit(commandLine.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Path work = Files.createTempDirectory("backplane-assemble-");
        try {
            System.out.println(new Assembly(order(), work,
                    BuildProperties.read(root.resolve("pom.xml"))).run());
            return 0;
        } catch (AssemblyException e) {
            System.err.println("backplane assemble: " + e.getMessage());
            return 1;
        } finally {
            delete(work);
        }
    }

    private Assembly.Order order() throws AssemblyException {
        if (output == null && !isCheck) {
            throw new AssemblyException("-o FILE.tar.gz is missing (or --check)");
        }
        if (name != null && !name.matches("[A-Za-z0-9_][A-Za-z0-9_.+-]*")) {
            throw new AssemblyException("--name '" + name + "' is not a name of letters, digits,"
                    + " dots, dashes");
        }
        Path source = root.toAbsolutePath().normalize();
        return new Assembly.Order(source,
                thirdParty == null ? source.resolve("features/target/third-party") : thirdParty,
                features, bundles, repositories, isJlink, modules, isOffline, name,
                isCheck ? null : output.toAbsolutePath().normalize());
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
