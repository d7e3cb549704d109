package io.backplane.aio;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who waits for whom, as a snapshot taken while all go on. A vertex is a coroutine that waits for
 * something {@link Awaited}; an edge leads to each coroutine that must go on first (of drained
 * sections the carriers of requests, parked ones of owners that are busy among them, of locks the
 * owner, of parked requests the owners of the sections). A wait ends only when all of them have gone on, so a cycle that lasts is a deadlock.
 * One that is seen once may be an accident of reading: it is the same cycle only if {@link
 * Cycle#waits}, which numbers the waits, is equal the next time.
 */
public final class WaitForGraph {
    /**
     * A closed way.
     *
     * @param waits identifies it: each coroutine with the number of its wait
     * @param edges in words, one for each coroutine
     */
    public record Cycle(Set<String> waits, List<String> edges) {
    }

    private record Wait(long number, Awaited reason, List<Coroutine> blockers) {
    }

    private enum Colour { GREY, BLACK }

    private final Map<Coroutine, Wait> waits = new HashMap<>();
    private final Map<Coroutine, Colour> colours = new HashMap<>();
    private final List<Coroutine> path = new ArrayList<>();
    private final List<Cycle> cycles = new ArrayList<>();

    private WaitForGraph(Collection<Coroutine> coroutines) {
        for (Coroutine coroutine : coroutines) {
            long number = coroutine.awaitedCount();
            Awaited reason = coroutine.awaited();
            if (reason != null && coroutine.isSuspended()) {
                waits.put(coroutine, new Wait(number, reason, reason.blockers()));
            }
        }
        for (Coroutine coroutine : waits.keySet()) {
            visit(coroutine);
        }
    }

    /** The cycles there are; one of each set of coroutines that wait for each other. */
    @AnyThread
    public static List<Cycle> cycles(Collection<Coroutine> coroutines) {
        return new WaitForGraph(coroutines).cycles;
    }

    /** Whether any of them waits for something known. */
    @AnyThread
    public static boolean anyWaits(Collection<Coroutine> coroutines) {
        for (Coroutine coroutine : coroutines) {
            if (coroutine.awaited() != null) {
                return true;
            }
        }
        return false;
    }

    private void visit(Coroutine from) {
        Wait wait = waits.get(from);
        if (wait == null || colours.get(from) == Colour.BLACK) {
            return;
        }
        if (colours.get(from) == Colour.GREY) {
            cycles.add(cycle(path.subList(path.indexOf(from), path.size())));
            return;
        }
        colours.put(from, Colour.GREY);
        path.addLast(from);
        wait.blockers.forEach(this::visit);
        path.removeLast();
        colours.put(from, Colour.BLACK);
    }

    private Cycle cycle(List<Coroutine> members) {
        Set<String> ids = new HashSet<>();
        List<String> edges = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            Coroutine from = members.get(i);
            Wait wait = waits.get(from);
            ids.add(from.name() + '#' + wait.number);
            edges.add(from.name() + " waits for " + wait.reason.describe() + ", held up by "
                    + members.get((i + 1) % members.size()).name());
        }
        return new Cycle(ids, edges);
    }
}
