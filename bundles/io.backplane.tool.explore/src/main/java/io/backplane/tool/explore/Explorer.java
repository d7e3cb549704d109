package io.backplane.tool.explore;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Runs variants of scenarios, each with classes of its own. */
public final class Explorer {
    private final Map<String, Function<Object[], Object[]>> variants = new HashMap<>();

    /** Explores a scenario, with a planted bug or without ({@code bug} null). */
    public Outcome explore(Scenario scenario, String bug, Plan plan) {
        return run(scenario, bug, new Object[] {scenario.name(), bug, plan.schedules(),
                plan.seed(), plan.depth(), plan.limitNs()});
    }

    /** Runs once more what a token describes. */
    public Outcome replay(Token token) {
        return run(Catalog.find(token.scenario()), token.bug(), new Object[] {token.toString()});
    }

    @SuppressWarnings("unchecked")
    private Outcome run(Scenario scenario, String bug, Object[] request) {
        Object[] answer = variants.computeIfAbsent(scenario.name() + "+" + bug,
                key -> load(scenario, bug)).apply(request);
        return new Outcome((Long) answer[0], (Long) answer[1], (String) answer[2],
                (String) answer[3], (List<String>) answer[4], (Boolean) answer[5]);
    }

    /** Forgets the classes of what has been explored. */
    public void clear() {
        variants.clear();
    }

    @SuppressWarnings("unchecked")
    private static Function<Object[], Object[]> load(Scenario scenario, String bug) {
        List<Patch> patches = new ArrayList<>(scenario.seams());
        if (bug != null) {
            patches.addAll(Catalog.bug(scenario, bug).patches());
        }
        try {
            return (Function<Object[], Object[]>) new WovenLoader(patches).check()
                    .loadClass(VariantRuns.class.getName()).getConstructor().newInstance();
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
