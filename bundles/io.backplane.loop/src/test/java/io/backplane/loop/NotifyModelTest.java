package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.rules.Rule;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Explores every interleaving of the notify/accept protocol of {@link EventLoop} with two workers
 * that schedule one bottom half three times each, under sequential consistency (all shared fields
 * are volatile there). A state is lost when the loop sleeps without a wake-up on its way while the
 * bottom half is scheduled. Each planted bug must be found, else the model proves nothing.
 */
class NotifyModelTest {
    private enum Variant {
        RIGHT,
        /** The inbox is not read again after notifyMe was set. */
        NO_RECHECK,
        /** notifyMe is set after the inbox was read. */
        SET_AFTER_CHECK,
        /** Workers wake only when the loop is "not dispatching", which ends at the wait itself. */
        DISPATCHING_RULE,
        /** An old wake-up is dropped after the inbox was read and before the wait. */
        CLEAR_BEFORE_WAIT,
        /** A flag skips the wake-up if one was sent before; only a wait clears it. */
        SKIPPING_FLAG,
        /** The bottom half's flag is cleared after its run. */
        FLAG_CLEARED_LATE
    }

    // State: the shared variables, then a program counter for each process
    private static final int INBOX = 0;
    private static final int NOTIFY_ME = 1;
    private static final int TOKEN = 2;
    private static final int QUEUED = 3;
    private static final int SENT = 4;
    /** Schedules whose effect no run has seen. */
    private static final int UNSEEN = 5;
    private static final int LOOP = 6;
    private static final int WORKER = 7;
    private static final int WORKERS = 2;
    private static final int TIMES = 3;
    private static final int STEPS = 4;
    private static final int SIZE = WORKER + WORKERS;

    /** The successor by one step of the loop, or null if it sleeps. */
    private static int[] stepLoop(int[] old, Variant v) {
        int[] s = old.clone();
        switch (old[LOOP]) {
            case 0: // anything to do?
                s[LOOP] = s[INBOX] > 0 ? 5 : 1;
                break;
            case 1: // prepare
                if (v == Variant.SET_AFTER_CHECK) {
                    s[LOOP] = s[INBOX] > 0 ? 3 : 2;
                } else {
                    s[NOTIFY_ME] = v == Variant.DISPATCHING_RULE ? 0 : 1;
                    s[LOOP] = 2;
                }
                break;
            case 2: // look again
                if (v == Variant.SET_AFTER_CHECK) {
                    s[NOTIFY_ME] = 1;
                    s[LOOP] = 4;
                } else {
                    s[LOOP] = s[INBOX] > 0 && v != Variant.NO_RECHECK ? 3
                            : v == Variant.CLEAR_BEFORE_WAIT ? 10 : 4;
                }
                break;
            case 3: // poll without waiting
                s[TOKEN] = 0;
                s[LOOP] = 5;
                break;
            case 4: // wait
                s[NOTIFY_ME] = 1;
                if (old[TOKEN] == 0) {
                    return old[NOTIFY_ME] == 1 ? null : s;
                }
                s[TOKEN] = 0;
                s[SENT] = 0;
                s[LOOP] = 5;
                break;
            case 5: // awake
                s[NOTIFY_ME] = 0;
                s[LOOP] = 6;
                break;
            case 6: // take the inbox
                s[LOOP] = s[INBOX] > 0 ? 7 : 9;
                s[INBOX] = 0;
                break;
            case 7: // clear the flag of the bottom half and run it
                s[QUEUED] = v == Variant.FLAG_CLEARED_LATE ? 1 : 0;
                s[UNSEEN] = 0;
                s[LOOP] = 8;
                break;
            case 8:
                s[QUEUED] = v == Variant.FLAG_CLEARED_LATE ? 0 : s[QUEUED];
                s[LOOP] = 9;
                break;
            case 10: // the planted clearing
                s[TOKEN] = 0;
                s[LOOP] = 4;
                break;
            default: // end of the turn
                s[LOOP] = 0;
        }
        return s;
    }

    /** The successor by one step of a worker, or null if it has ended. */
    private static int[] stepWorker(int[] old, int worker, Variant v) {
        int at = WORKER + worker;
        if (old[at] == TIMES * STEPS) {
            return null;
        }
        int[] s = old.clone();
        int next = (old[at] / STEPS + 1) * STEPS;
        switch (old[at] % STEPS) {
            case 0: // schedule: exchange the flag
                s[UNSEEN] = 1;
                s[at] = s[QUEUED] == 1 ? next : old[at] + 1;
                s[QUEUED] = 1;
                break;
            case 1: // push
                s[INBOX]++;
                s[at]++;
                break;
            case 2: // look whether somebody waits
                boolean wake = s[NOTIFY_ME] == 1
                        && (v != Variant.SKIPPING_FLAG || s[SENT] == 0);
                s[SENT] = wake ? 1 : s[SENT];
                s[at] = wake ? old[at] + 1 : next;
                break;
            default: // wake
                s[TOKEN] = 1;
                s[at] = next;
        }
        return s;
    }

    private static boolean isLost(int[] s, Variant v) {
        boolean ended = true;
        for (int w = 0; w < WORKERS; w++) {
            ended &= stepWorker(s, w, v) == null;
        }
        return ended && stepLoop(s, v) == null && s[UNSEEN] == 1;
    }

    /** A lost state that can be reached, or null; counts the states. */
    private static int[] findLost(Variant v, int[] stateCount) {
        Set<List<Integer>> seen = new HashSet<>();
        ArrayDeque<int[]> open = new ArrayDeque<>();
        open.add(new int[SIZE]);
        while (!open.isEmpty()) {
            int[] s = open.poll();
            if (!seen.add(Arrays.stream(s).boxed().toList())) {
                continue;
            }
            stateCount[0]++;
            if (isLost(s, v)) {
                return s;
            }
            int[] next = stepLoop(s, v);
            if (next != null) {
                open.add(next);
            }
            for (int w = 0; w < WORKERS; w++) {
                next = stepWorker(s, w, v);
                if (next != null) {
                    open.add(next);
                }
            }
        }
        return null;
    }

    @Test
    @Rule({"E2", "E3", "E5"})
    void noInterleavingLosesABottomHalf() {
        int[] states = new int[1];
        assertEquals(null, findLost(Variant.RIGHT, states));
        assertTrue(states[0] > 500, "explored " + states[0]);
    }

    @ParameterizedTest
    @EnumSource(value = Variant.class, mode = EnumSource.Mode.EXCLUDE, names = "RIGHT")
    @Rule(value = "E2", bug = "workers wake only while nobody dispatches")
    @Rule(value = {"E2", "E3"}, bug = "the inbox is read before the loop says that it waits")
    @Rule(value = "E3", bug = "an old wake-up is dropped after the inbox was read")
    @Rule(value = {"E3", "E5"}, bug = "a flag skips a second wake-up")
    @Rule(value = {"E4", "E5"}, bug = "'scheduled' is cleared after the run")
    void plantedBugIsFound(Variant variant) {
        assertFalse(findLost(variant, new int[1]) == null, variant + " loses nothing");
    }
}
