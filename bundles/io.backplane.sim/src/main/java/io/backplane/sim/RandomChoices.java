package io.backplane.sim;

import java.util.List;
import java.util.function.BooleanSupplier;

/** Every choice by dice; how often threads are preempted differs from seed to seed. */
public final class RandomChoices implements Choices {
    private final SimRandom random;
    private final int preemptOneIn;

    /** The choices of one run. */
    public RandomChoices(long seed) {
        random = new SimRandom(seed);
        preemptOneIn = 2 << random.nextInt(6);
    }

    @Override
    public int next(List<SimEvent> events) {
        return random.nextInt(events.size());
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
        return random.nextInt(preemptOneIn) == 0;
    }
}
