package io.backplane.tool.explore;

import io.backplane.sim.Choices;
import io.backplane.sim.ListedChoices;
import io.backplane.sim.PriorityChoices;
import io.backplane.sim.RandomChoices;
import io.backplane.sim.SimFailure;
import io.backplane.sim.SimRandom;
import io.backplane.sim.SimWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Runs one variant of a scenario over schedules. Loaded by a {@link WovenLoader}, so that only
 * types of the JDK cross to the explorer: requests are {@code {token}} or {@code {scenario, bug,
 * schedules, seed, depth, limitNs}}, answers the components of an {@link Outcome}.
 */
public final class VariantRuns implements Function<Object[], Object[]> {
    private static final int FIRST_POINTS = 100;

    /** The longest run seen, in points: where changes of priority are spread. */
    private int points = FIRST_POINTS;
    private boolean warm;

    /** Made by the explorer. */
    public VariantRuns() {
        // public for the explorer
    }

    @Override
    public Object[] apply(Object[] request) {
        if (request.length == 1) {
            return replay(Token.parse((String) request[0]));
        }
        Scenario scenario = Catalog.find((String) request[0]);
        String bug = (String) request[1];
        Plan plan = new Plan((Long) request[2], (Long) request[3], (Integer) request[4],
                (Long) request[5]);
        warmUp(scenario, bug);
        return plan.depth() > 0 ? exhaustive(scenario, bug, plan) : random(scenario, bug, plan);
    }

    /** A class's first use runs code that later uses do not. */
    private void warmUp(Scenario scenario, String bug) {
        if (!warm) {
            warm = true;
            for (int seed = 0; seed < 3; seed++) {
                try {
                    run(scenario, bug, new RandomChoices(seed), null);
                } catch (SimFailure e) {
                    continue; // found again, with a token
                }
            }
        }
    }

    private Object[] replay(Token token) {
        Scenario scenario = Catalog.find(token.scenario());
        warmUp(scenario, token.bug());
        List<String> trace = new ArrayList<>();
        String failure = null;
        long start = System.nanoTime();
        try {
            run(scenario, token.bug(), choices(token), trace);
        } catch (SimFailure e) {
            failure = describe(e);
        }
        return new Object[] {1L, System.nanoTime() - start, token.toString(), failure, trace,
            false};
    }

    private static Choices choices(Token token) {
        return switch (token.kind()) {
            case 'r' -> new RandomChoices(token.seed());
            case 'p' -> priorities(token.seed());
            default -> new ListedChoices(token.list(), token.list().length);
        };
    }

    /** The seed says also how many points the run may have (16 bits) and how many changes. */
    private static Choices priorities(long seed) {
        return new PriorityChoices(seed, 1 + (int) (seed & 0xffff), 1 + (int) (seed >>> 16 & 3));
    }

    private Object[] random(Scenario scenario, String bug, Plan plan) {
        SimRandom seeds = new SimRandom(plan.seed());
        long start = System.nanoTime();
        for (long i = 0; i < plan.schedules(); i++) {
            long seed = seeds.nextLong();
            boolean dice = (i & 1) == 0;
            if (!dice) {
                seed = seed & ~0xffffL | Math.min(points, 0xffff);
            }
            try {
                run(scenario, bug, dice ? new RandomChoices(seed) : priorities(seed), null);
            } catch (SimFailure e) {
                Token token = new Token(scenario.name(), bug, dice ? 'r' : 'p', seed, null);
                if (bug != null && !failsAgain(scenario, token)) {
                    continue; // a class was used for the first time on the way: seldom
                }
                return found(i + 1, start, token, e);
            }
            if (plan.limitNs() > 0 && System.nanoTime() - start > plan.limitNs()) {
                return clean(i + 1, start, false);
            }
        }
        return clean(plan.schedules(), start, false);
    }

    private boolean failsAgain(Scenario scenario, Token token) {
        try {
            run(scenario, token.bug(), choices(token), null);
            return false;
        } catch (SimFailure e) {
            return true;
        }
    }

    private Object[] exhaustive(Scenario scenario, String bug, Plan plan) {
        long start = System.nanoTime();
        int[] list = new int[0];
        for (long i = 0; i < plan.schedules(); i++) {
            ListedChoices choices = new ListedChoices(list, plan.depth());
            try {
                run(scenario, bug, choices, null);
            } catch (SimFailure e) {
                return found(i + 1, start,
                        new Token(scenario.name(), bug, 'x', 0, choices.taken()), e);
            }
            list = choices.successor();
            if (list == null) {
                return clean(i + 1, start, true);
            }
            if (plan.limitNs() > 0 && System.nanoTime() - start > plan.limitNs()) {
                return clean(i + 1, start, false);
            }
        }
        return clean(plan.schedules(), start, false);
    }

    private static Object[] found(long runs, long start, Token token, SimFailure e) {
        return new Object[] {runs, System.nanoTime() - start, token.toString(), describe(e),
            List.of(), false};
    }

    private static Object[] clean(long runs, long start, boolean complete) {
        return new Object[] {runs, System.nanoTime() - start, null, null, List.of(), complete};
    }

    private void run(Scenario scenario, String bug, Choices choices, List<String> trace) {
        SimWorld world = new SimWorld(choices, trace);
        world.run(() -> scenario.run(world, bug));
        points = Math.max(points, world.points() + world.steps());
    }

    private static String describe(SimFailure failure) {
        StringBuilder text = new StringBuilder(failure.getMessage());
        Throwable cause = failure.getCause();
        if (cause != null) {
            for (StackTraceElement frame : cause.getStackTrace()) {
                String type = frame.getClassName();
                if (type.equals(VariantRuns.class.getName())) {
                    break;
                }
                if (type.startsWith("io.backplane.") && !type.startsWith("io.backplane.sim.")) {
                    text.append("\n    at ").append(frame);
                }
            }
        }
        return text.toString();
    }
}
