package io.backplane.tool.explore;

import io.backplane.rules.Rule;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Entry point of {@code backplane explore}. */
@Command(name = "backplane explore", mixinStandardHelpOptions = true,
        description = "Runs scenarios of the concurrency core over many schedules.",
        footer = {"", "Exit code: 0 as expected, 1 a failure (or a planted bug not found), 2 bad"
                + " arguments."})
public final class Main implements Callable<Integer> {
    private static final int FAILED = 1;

    @Option(names = "--list", description = "show scenarios and their planted bugs")
    private boolean list;
    @Option(names = "--scenario", paramLabel = "NAME", description = "explore this one")
    private String scenario;
    @Option(names = "--all", description = "explore all, then look for all planted bugs")
    private boolean all;
    @Option(names = "--bug", paramLabel = "NAME",
            description = "plant a bug in the scenario; it must be found ('all': each)")
    private String bug;
    @Option(names = "--schedules", paramLabel = "N", defaultValue = "10000",
            description = "runs of the shipped code (${DEFAULT-VALUE})")
    private long schedules;
    @Option(names = "--seconds", paramLabel = "N", defaultValue = "0",
            description = "most seconds for each variant (0: no limit; bugs: 60)")
    private int seconds;
    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "what the seeds of the runs come from (${DEFAULT-VALUE})")
    private long seed;
    @Option(names = "--exhaustive", paramLabel = "DEPTH", defaultValue = "0",
            description = "try all first DEPTH choices instead of random ones")
    private int depth;
    @Option(names = "--replay", paramLabel = "TOKEN",
            description = "run once more what a token describes, with a trace")
    private String replay;
    @Spec
    private CommandLine.Model.CommandSpec spec;

    private final Explorer explorer = new Explorer();

    private Main() {
    }

    /** Runs what {@code args} say and ends the process with its exit code. */
    public static void main(String[] args) {
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public Integer call() {
        try {
            if (list) {
                return list();
            }
            if (replay != null) {
                return replay();
            }
            if (all) {
                return all();
            }
            if (scenario != null) {
                return one(Catalog.find(scenario));
            }
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage());
        }
        throw new CommandLine.ParameterException(spec.commandLine(),
                "say --list, --scenario NAME, --all or --replay TOKEN");
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private int list() {
        for (Scenario s : Catalog.all()) {
            out().printf("%-22s %s  [%s]%n", s.name(), s.about(), rules(s));
            for (Bug b : s.bugs()) {
                out().printf("    --bug %-26s %s%n", b.name(), b.about());
            }
        }
        out().flush();
        return 0;
    }

    private static String rules(Scenario s) {
        return String.join(" ", s.getClass().getAnnotation(Rule.class).value());
    }

    private int replay() {
        Outcome outcome = explorer.replay(Token.parse(replay));
        outcome.trace().forEach(out()::println);
        out().println(outcome.failure() == null ? "ends well" : "fails: " + outcome.failure());
        out().flush();
        return outcome.failure() == null ? 0 : FAILED;
    }

    private int all() {
        int code = 0;
        for (Scenario s : Catalog.all()) {
            code |= right(s);
            for (Bug b : s.bugs()) {
                code |= planted(s, b.name());
            }
            explorer.clear();
        }
        return code;
    }

    private int one(Scenario s) {
        if (bug == null) {
            return right(s);
        }
        List<String> names = bug.equals("all") ? s.bugs().stream().map(Bug::name).toList()
                : List.of(Catalog.bug(s, bug).name());
        int code = 0;
        for (String name : names) {
            code |= planted(s, name);
        }
        return code;
    }

    private Plan plan(long runs, int defaultSeconds) {
        int most = seconds > 0 ? seconds : defaultSeconds;
        return new Plan(runs, seed, depth, TimeUnit.SECONDS.toNanos(most));
    }

    private int right(Scenario s) {
        Outcome o = explorer.explore(s, null, plan(schedules, 0));
        tell(s.name(), o, o.failure() == null ? o.complete() ? "clean, all tried" : "clean"
                : "FAILS");
        if (o.failure() != null) {
            out().println(o.failure() + "\nreplay: --replay '" + o.token() + "'");
            out().flush();
        }
        return o.failure() == null ? 0 : FAILED;
    }

    private int planted(Scenario s, String name) {
        Outcome o = explorer.explore(s, name, plan(Long.MAX_VALUE, 60));
        boolean found = o.isFound();
        tell(s.name() + "+" + name, o, found ? "found: " + o.token()
                : o.failure() != null ? "FAILS, but not by what is planted" : "NOT FOUND");
        if (o.failure() != null && (bug != null || !found)) {
            out().println(o.failure());
            out().flush();
        }
        return found ? 0 : FAILED;
    }

    private void tell(String variant, Outcome o, String text) {
        out().printf("%-48s %8d schedules %8.2f s  %s%n", variant, o.schedules(),
                o.elapsedNs() / 1e9, text);
        out().flush();
    }
}
