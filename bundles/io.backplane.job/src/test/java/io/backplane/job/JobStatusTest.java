package io.backplane.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The tables "Job states" of the scenarios, word for word. */
class JobStatusTest {
    private static final Map<String, String> NEXT = Map.ofEntries(
            Map.entry("undefined", "created"),
            Map.entry("created", "running aborting null"),
            Map.entry("running", "paused ready waiting aborting"),
            Map.entry("paused", "running"),
            Map.entry("ready", "standby waiting aborting"),
            Map.entry("standby", "ready"),
            Map.entry("waiting", "pending aborting"),
            Map.entry("pending", "aborting concluded"),
            Map.entry("aborting", "aborting concluded"),
            Map.entry("concluded", "null"),
            Map.entry("null", ""));
    private static final Map<JobStatus.Verb, String> ACCEPTED = Map.of(
            JobStatus.Verb.CANCEL, "created running paused ready standby waiting pending",
            JobStatus.Verb.PAUSE, "created running paused ready standby",
            JobStatus.Verb.RESUME, "created running paused ready standby",
            JobStatus.Verb.SET_SPEED, "created running paused ready standby",
            JobStatus.Verb.CHANGE, "created running paused ready standby",
            JobStatus.Verb.COMPLETE, "ready standby",
            JobStatus.Verb.FINALIZE, "pending",
            JobStatus.Verb.DISMISS, "concluded");

    private static Set<String> words(String text) {
        return text.isEmpty() ? Set.of() : new TreeSet<>(Set.of(text.split(" ")));
    }

    @Test
    void statesFollowAsTheTableSays() {
        for (JobStatus from : JobStatus.values()) {
            Set<String> next = new TreeSet<>();
            for (JobStatus to : JobStatus.values()) {
                if (from.mayBecome(to)) {
                    next.add(to.wireName());
                }
            }
            assertEquals(words(NEXT.get(from.wireName())), next, from.wireName());
        }
    }

    @Test
    void verbsAreAcceptedAsTheTableSays() {
        for (JobStatus.Verb verb : JobStatus.Verb.values()) {
            Set<String> states = new TreeSet<>();
            for (JobStatus status : JobStatus.values()) {
                if (status.accepts(verb)) {
                    states.add(status.wireName());
                }
            }
            assertEquals(words(ACCEPTED.get(verb)), states, verb.name());
        }
    }
}
