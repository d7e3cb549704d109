package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Catalog;
import io.backplane.tool.explore.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The table of rules in README.md: that every rule has a proof and the table tells them all. With
 * {@code -Dbackplane.rules=write} it writes the table, with {@code measure} it also takes the times
 * anew that the explorer needs to find the planted bugs; otherwise it takes them from the table.
 */
class RuleTableTest {
    private static final String MODE = System.getProperty("backplane.rules", "check");
    private static final String BEGIN = "<!-- made by RuleTableTest -->\n";
    private static final String END = "<!-- end -->\n";
    private static final Pattern LINE = Pattern.compile("(\\S+?)(\\+?)\\s+(.+)");
    private static final Pattern TIME = Pattern.compile(
            "`([A-Z0-9-]+\\+[a-z0-9-]+)` ([^<|]+?) ?(<|\\|)");
    private static final Pattern CORE = Pattern.compile("[ECLGD][0-9]+");
    private static final Pattern FOUND = Pattern.compile(
            "(?m)^(R-\\S+\\+\\S+) +(\\d+) schedules +([0-9.]+) s  found: ");

    private record Rule(String id, boolean needsBug, String words) {
    }

    private final Path readme = BuiltBundle.root().resolve("itests/README.md");
    private final Map<String, Rule> rules = new LinkedHashMap<>();
    private final Map<String, Scenario> scenarios = new HashMap<>();
    private final Map<String, String> times = new HashMap<>();
    private List<Proof> proofs;

    @BeforeEach
    void read() throws IOException {
        for (String line : Files.readAllLines(
                BuiltBundle.root().resolve("itests/src/test/resources/rules.txt"))) {
            Matcher matcher = LINE.matcher(line);
            if (!line.startsWith("#") && matcher.matches()) {
                rules.put(matcher.group(1), new Rule(matcher.group(1),
                        matcher.group(2).equals("+"), matcher.group(3)));
            }
        }
        Catalog.all().forEach(s -> scenarios.put(s.getClass().getName(), s));
        proofs = new ArrayList<>(Proof.all());
        for (Scenario scenario : scenarios.values()) { // proves its own name
            proofs.add(new Proof(scenario.name(), scenario.getClass().getName(),
                    scenario.getClass().getSimpleName(), "", true));
        }
    }

    @Test
    void everyRuleHasAProof() {
        List<String> faults = new ArrayList<>();
        for (Rule rule : rules.values()) {
            List<Proof> mine = proofs(rule.id());
            if (mine.isEmpty()) {
                faults.add(rule.id() + " has no proof: " + rule.words());
            } else if (rule.needsBug() && bugs(mine).isEmpty()) {
                faults.add(rule.id() + " has no planted bug: " + rule.words());
            }
        }
        for (Proof proof : proofs) {
            if (!proof.enabled()) {
                faults.add(proof.test() + " proves " + proof.rule() + ", but does not run");
            }
            if (CORE.matcher(proof.rule()).matches() && !rules.containsKey(proof.rule())) {
                faults.add(proof.test() + " proves " + proof.rule() + ", which is no rule");
            }
        }
        assertEquals("", String.join("\n", faults));
    }

    @Test
    void tableIsUpToDate() throws Exception {
        String text = Files.readString(readme);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf(END);
        assertTrue(begin >= BEGIN.length() && end >= begin, "the marks of the table are gone");
        String old = text.substring(begin, end);
        if (MODE.equals("measure")) {
            measure();
        } else {
            Matcher matcher = TIME.matcher(old);
            while (matcher.find()) {
                times.put(matcher.group(1), matcher.group(2));
            }
        }
        String table = table();
        if (!MODE.equals("check")) {
            Files.writeString(readme, text.substring(0, begin) + table + text.substring(end));
            return;
        }
        assertEquals(table, old, "itests/README.md is out of date (it tells how to renew it)");
    }

    /** As users do: with all that the distribution has, and nothing else. */
    private void measure() throws IOException, InterruptedException {
        Command explored = Command.backplane("explore", "--all", "--schedules", "1");
        assertEquals(0, explored.exitCode(), explored.out() + explored.err());
        Matcher matcher = FOUND.matcher(explored.out());
        while (matcher.find()) {
            times.put(matcher.group(1), matcher.group(3) + " s, schedule " + matcher.group(2));
        }
    }

    private List<Proof> proofs(String id) {
        return proofs.stream().filter(p -> p.rule().equals(id) && p.enabled()).toList();
    }

    private TreeSet<String> bugs(List<Proof> mine) {
        TreeSet<String> bugs = new TreeSet<>();
        for (Proof proof : mine) {
            Scenario scenario = scenarios.get(proof.type());
            if (scenario != null) {
                for (Bug bug : scenario.bugs()) {
                    String name = scenario.name() + "+" + bug.name();
                    bugs.add("`" + name + "` " + times.getOrDefault(name, "?"));
                }
            } else if (!proof.bug().isEmpty()) {
                String type = proof.test().replaceAll("\\..*", "");
                bugs.add(type + ": " + proof.bug());
            }
        }
        return bugs;
    }

    private String table() {
        StringBuilder text = new StringBuilder("""
                | rule | what must hold | proved by | planted bugs, found when |
                |---|---|---|---|
                """);
        for (Rule rule : rules.values()) {
            List<Proof> mine = proofs(rule.id());
            TreeSet<String> tests = new TreeSet<>();
            mine.forEach(p -> tests.add(scenarios.containsKey(p.type())
                    ? scenarios.get(p.type()).name() : p.test()));
            text.append("| ").append(rule.id()).append(" | ").append(rule.words()).append(" | ")
                    .append(String.join("<br>", tests)).append(" | ")
                    .append(String.join("<br>", bugs(mine))).append(" |\n");
        }
        return text.toString();
    }
}
