package io.backplane.tool.explore;

import java.util.List;

/** All scenarios there are. */
public final class Catalog {
    private static final List<Scenario> ALL = List.of(
            new io.backplane.tool.explore.scenario.NotifyThreads(),
            new io.backplane.tool.explore.scenario.NestedPool(),
            new io.backplane.tool.explore.scenario.AwaitKick(),
            new io.backplane.tool.explore.scenario.LostNotify(),
            new io.backplane.tool.explore.scenario.MutexHandOff(),
            new io.backplane.tool.explore.scenario.PoolCap(),
            new io.backplane.tool.explore.scenario.BlockResizeDrain(),
            new io.backplane.tool.explore.scenario.TrackedRequests(),
            new io.backplane.tool.explore.scenario.ContextMove(),
            new io.backplane.tool.explore.scenario.StreamGraphLock(),
            new io.backplane.tool.explore.scenario.DrainMatrix(),
            new io.backplane.tool.explore.scenario.DrainResume(),
            new io.backplane.tool.explore.scenario.NbdDrainWindow(),
            new io.backplane.tool.explore.scenario.StaleNotifier(),
            new io.backplane.tool.explore.scenario.DoubleDrain(),
            new io.backplane.tool.explore.scenario.PowerCut(),
            new io.backplane.tool.explore.scenario.FullDisk());

    private Catalog() {
    }

    /** In the order of the rules. */
    public static List<Scenario> all() {
        return ALL;
    }

    /**
     * The scenario called so.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Scenario find(String name) {
        return ALL.stream().filter(s -> s.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no scenario '" + name
                        + "' (--list shows them)"));
    }

    /**
     * A planted bug of a scenario.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public static Bug bug(Scenario scenario, String name) {
        return scenario.bugs().stream().filter(b -> b.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("scenario " + scenario.name()
                        + " has no bug '" + name + "'"));
    }
}
