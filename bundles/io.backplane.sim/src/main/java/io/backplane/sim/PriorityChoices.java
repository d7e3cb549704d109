package io.backplane.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Random priorities (probabilistic concurrency testing): each actor gets a random priority when it
 * is first seen and the highest that can run runs; at a few random points the running one falls to
 * the bottom. It finds bugs that need one actor to be late for long, which dice rarely do.
 */
public final class PriorityChoices implements Choices {
    private final SimRandom random;
    private final List<Integer> priorities = new ArrayList<>();
    private final long[] changeAt;
    private long points;
    private int lowest;
    private int running = -1;

    /**
     * @param points about how many points a run has, where priorities may change
     * @param changes how many changes
     */
    public PriorityChoices(long seed, int points, int changes) {
        random = new SimRandom(seed);
        changeAt = new long[changes];
        for (int i = 0; i < changes; i++) {
            changeAt[i] = 1 + random.nextInt(points);
        }
    }

    private int priority(SimEvent event) {
        while (priorities.size() <= event.actor()) {
            priorities.add(random.nextInt(1 << 20));
        }
        return priorities.get(event.actor());
    }

    private boolean changes() {
        points++;
        for (long at : changeAt) {
            if (at == points) {
                if (running >= 0 && running < priorities.size()) {
                    priorities.set(running, --lowest);
                }
                return true;
            }
        }
        return false;
    }

    @Override
    public int next(List<SimEvent> events) {
        changes();
        int best = 0;
        int equal = 1;
        for (int i = 1; i < events.size(); i++) {
            int difference = priority(events.get(i)) - priority(events.get(best));
            if (difference > 0) {
                best = i;
                equal = 1;
            } else if (difference == 0 && random.nextInt(++equal) == 0) {
                best = i;
            }
        }
        running = events.get(best).actor();
        return best;
    }

    @Override
    public int pick(int count) {
        return random.nextInt(count);
    }

    @Override
    public boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    @Override
    public boolean preempt(BooleanSupplier others) {
        return changes();
    }

    @Override
    public void giveWay() {
        if (running >= 0 && running < priorities.size()) {
            priorities.set(running, --lowest);
        }
    }
}
