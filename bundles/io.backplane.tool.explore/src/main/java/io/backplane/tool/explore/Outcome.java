package io.backplane.tool.explore;

import java.util.List;

/**
 * What came of exploring one variant.
 *
 * @param schedules runs made
 * @param elapsedNs time taken
 * @param token what replays the failure; null: none was found
 * @param failure what went wrong; null: nothing
 * @param trace who ran where, of a replay
 * @param complete whether an exhaustive search came to its end
 */
public record Outcome(long schedules, long elapsedNs, String token, String failure,
        List<String> trace, boolean complete) {

    /**
     * Whether a planted bug was found: something hangs or a check does not hold. Any other
     * exception says that the bug is badly planted.
     */
    public boolean isFound() {
        return failure != null && (failure.startsWith("deadlock:")
                || failure.startsWith("livelock:")
                || failure.startsWith("java.lang.AssertionError"));
    }
}
