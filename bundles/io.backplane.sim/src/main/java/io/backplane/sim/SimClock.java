package io.backplane.sim;

import java.util.ArrayList;
import java.util.List;

/** Virtual time: it stands still until somebody chooses to go to the next deadline. */
final class SimClock {
    private final List<SimTimer> armed = new ArrayList<>();
    private final SimEvent advance;
    private long nowNs;

    SimClock(SimWorld world) {
        advance = new SimEvent(world.newActor(), "clock") {
            @Override
            public String what() {
                return "goes to " + firstNs() + " ns";
            }

            @Override
            void run() {
                nowNs = Math.max(nowNs, firstNs());
            }
        };
    }

    long nowNs() {
        return nowNs;
    }

    void arm(SimTimer timer) {
        armed.remove(timer);
        armed.add(timer);
    }

    void disarm(SimTimer timer) {
        armed.remove(timer);
    }

    List<SimTimer> armed() {
        return armed;
    }

    private long firstNs() {
        long first = Long.MAX_VALUE;
        for (SimTimer timer : armed) {
            first = Math.min(first, timer.deadlineNs());
        }
        return first;
    }

    void collect(List<SimEvent> to, boolean resting) {
        if (!armed.isEmpty() && !resting && firstNs() > nowNs) {
            to.add(advance);
        }
    }
}
