package io.backplane.sim;

import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Choices by a list; beyond its end always the first. It notes how many ways each choice had, so
 * that {@link #successor} walks through all lists up to a depth, depth first.
 */
public final class ListedChoices implements Choices {
    private final int[] list;
    private final int depth;
    private final int[] taken;
    private final int[] ways;
    private int count;

    /** The run that {@code list} describes, for a search of {@code depth} choices. */
    public ListedChoices(int[] list, int depth) {
        this.list = list.clone();
        this.depth = depth;
        taken = new int[depth];
        ways = new int[depth];
    }

    private int take(int among) {
        int choice = count < list.length ? Math.min(list[count], among - 1) : 0;
        if (count < depth) {
            taken[count] = choice;
            ways[count] = among;
        }
        count++;
        return choice;
    }

    /** The choices made, without the zeroes at the end. */
    public int[] taken() {
        int end = Math.min(count, depth);
        while (end > 0 && taken[end - 1] == 0) {
            end--;
        }
        return Arrays.copyOf(taken, end);
    }

    /** The list to try next, or null if all have been tried. */
    public int[] successor() {
        for (int i = Math.min(count, depth) - 1; i >= 0; i--) {
            if (taken[i] + 1 < ways[i]) {
                int[] next = Arrays.copyOf(taken, i + 1);
                next[i]++;
                return next;
            }
        }
        return null;
    }

    @Override
    public int next(List<SimEvent> events) {
        return take(events.size());
    }

    @Override
    public int pick(int among) {
        return take(among);
    }

    @Override
    public boolean chance(int percent) {
        return take(2) == 1;
    }

    @Override
    public boolean preempt(BooleanSupplier others) {
        return others.getAsBoolean() && take(2) == 1;
    }
}
